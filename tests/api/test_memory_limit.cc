// With a limit of the address space, calls return and report that memory is exhausted. Without the limit, the same
// calls work again. Tested are creating and updating an index, searches with every strategy and for new points, with
// one thread and with several.
#include <malloc.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr unsigned kWatchdogSeconds = 60;
// So few queries are searched in double precision with BLAS.
constexpr int64_t kQueries = 8;

int64_t AddressSpace() {
  std::ifstream file("/proc/self/statm");
  int64_t pages = 0;
  file >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

// Limits this process until the end of the scope.
class AddressSpaceLimit {
 public:
  // Space in addition to the mapped memory. Below 0, nothing more can be mapped, even after memory was returned.
  explicit AddressSpaceLimit(int64_t room) {
    getrlimit(RLIMIT_AS, &before_);
    rlimit limit = before_;
    limit.rlim_cur = room < 0 ? 0 : static_cast<rlim_t>(AddressSpace() + room);
    set_ = setrlimit(RLIMIT_AS, &limit) == 0;
  }
  ~AddressSpaceLimit() { setrlimit(RLIMIT_AS, &before_); }
  AddressSpaceLimit(const AddressSpaceLimit&) = delete;
  AddressSpaceLimit& operator=(const AddressSpaceLimit&) = delete;
  [[nodiscard]] bool set() const { return set_; }

 private:
  rlimit before_ = {};
  bool set_ = false;
};

// The first products of the process: BLAS has no work buffer yet, and cannot get one.
bool FirstSearchSaysSo() {
  Random random(11);
  Model model;
  model.kernel.lengthscales = {0.3};
  model.points = RandomPoints(random, Shape::kUniform, 3000, 3);
  model.inducing = RandomRowsOf(random, model.points, 40);
  const CreatedIndex created = CreateIndex(model);
  if (created.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  const Question question = EveryRow(QueryKind::kNeighbors, 300 * kQueries, 300, 5);
  Manner manner;
  manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  residual_knn_status limited = RESIDUAL_KNN_OK;
  {
    const AddressSpaceLimit limit(int64_t{48} << 20);
    if (!limit.set()) return Fail("the limit could not be set");
    limited = Ask(created.index.get(), question, manner).status;
  }
  if (limited != RESIDUAL_KNN_ERROR_OUT_OF_MEMORY) {
    return Fail("under the limit the status was " + std::to_string(limited));
  }
  const Answer answer = Ask(created.index.get(), question, manner);
  return answer.status == RESIDUAL_KNN_OK || Fail(residual_knn_last_error());
}

// The stack is part of the address space too, and a process whose stack cannot grow is killed.
void GrowStack() {
  volatile char room[1 << 20];
  for (size_t i = 0; i < sizeof room; i += 1024) room[i] = 1;
}

// One call. `prepare` runs without a limit, `call` with the limit, and `holds` without it. The test itself must not
// allocate in `call`.
struct Attempt {
  std::function<bool()> prepare;
  std::function<residual_knn_status()> call;
  std::function<bool(residual_knn_status)> holds;
};

constexpr int64_t kNoRoom = -1;
constexpr int64_t kLeastRoom = int64_t{1} << 14;
constexpr int64_t kMostRoom = int64_t{1} << 32;

enum Outcome { kDone = 0, kRefused = 1, kWrong = 2 };

Outcome OutcomeOf(const Attempt& attempt, int64_t room) {
  if (!attempt.prepare()) {
    Fail(residual_knn_last_error());
    return kWrong;
  }
  bool set = false;
  residual_knn_status status = RESIDUAL_KNN_ERROR_INTERNAL;
  {
    const AddressSpaceLimit limit(room);
    set = limit.set();
    status = attempt.call();
  }
  if (!set) {
    Fail("the limit could not be set");
    return kWrong;
  }
  if (status != RESIDUAL_KNN_OK && status != RESIDUAL_KNN_ERROR_OUT_OF_MEMORY) {
    Fail("status " + std::to_string(status) + ", " + residual_knn_last_error());
    return kWrong;
  }
  if (!attempt.holds(status)) {
    Fail("not as it should be afterwards, status " + std::to_string(status));
    return kWrong;
  }
  return status == RESIDUAL_KNN_OK ? kDone : kRefused;
}

// Runs in a child, whose heap has no free parts that could replace new memory. Returns its exit status, or -1 if a
// signal ended it.
int OutcomeOfChild(const Attempt& attempt, int64_t room) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    alarm(kWatchdogSeconds);
    GrowStack();
    _exit(OutcomeOf(attempt, room));
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Starts without space and adds more each time, until the call succeeds.
bool SaysSoUntilThereIsRoom(const std::string& name, const Attempt& attempt) {
  int refused = 0;
  for (int64_t room = kNoRoom; room <= kMostRoom; room = std::max(8 * room, kLeastRoom)) {
    const int outcome = OutcomeOfChild(attempt, room);
    if (outcome == kDone) {
      std::printf("%-40s refused %d times, then done with %lld KB\n", name.c_str(), refused,
                  static_cast<long long>(room / 1024));
      return refused > 0 || Fail(name + ": the limit was not felt");
    }
    if (outcome != kRefused) {
      return Fail(name + ", room of " + std::to_string(room) + " bytes" +
                  (outcome < 0 ? ": ended by a signal" : ""));
    }
    ++refused;
  }
  return Fail(name + ": refused whatever the room");
}

constexpr int64_t kN = 2000;
constexpr int64_t kD = 2;
constexpr int64_t kM = 40;
constexpr int32_t kK = 5;

// Input and output of the calls, allocated in advance.
struct Data {
  Model model;
  Model other;  // for the update; it has more inducing points, so that V needs more space
  std::vector<int64_t> neighbors = std::vector<int64_t>(kN * kK);
  std::vector<double> distances = std::vector<double>(kN * kK);
};

Data DrawData() {
  Random random(12);
  Data data;
  data.model.kernel.lengthscales = {0.3};
  data.model.points = RandomPoints(random, Shape::kUniform, kN, kD);
  data.model.inducing = RandomRowsOf(random, data.model.points, kM);
  data.other = data.model;
  data.other.kernel.lengthscales = {0.2};
  data.other.inducing = RandomRowsOf(random, data.model.points, 2 * kM);
  return data;
}

residual_knn_status Create(const Model& model, int32_t threads, residual_knn_index** index) {
  const residual_knn_model_options options = ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, threads);
  return residual_knn_index_create(model.points.values.data(), kN, kD,
                                   model.kernel.lengthscales.data(), 1,
                                   model.inducing.values.data(), model.inducing.n, &options, index);
}

residual_knn_status Update(const Model& model, int32_t threads, residual_knn_index* index) {
  const residual_knn_model_options options = ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, threads);
  return residual_knn_index_update(index, model.kernel.lengthscales.data(), 1,
                                   model.inducing.values.data(), model.inducing.n, &options);
}

// Neighbors of all rows, or of the same points as new ones.
residual_knn_status Search(Data& data, const residual_knn_index* index, bool new_points,
                           int32_t strategy, int32_t threads) {
  residual_knn_search_options options = SearchOptions();
  options.strategy = strategy;
  options.threads = threads;
  if (new_points) {
    return residual_knn_neighbors_of_new_points(index, data.model.points.values.data(), kN,
                                                &options, kK, data.neighbors.data(),
                                                data.distances.data(), nullptr);
  }
  return residual_knn_neighbors(index, nullptr, kN, &options, kK, data.neighbors.data(),
                                data.distances.data(), nullptr);
}

// Checks that the answers of the index are `expected`.
bool AnswersAs(const residual_knn_index* index, const residual_knn_index* expected) {
  const Question question = EveryRow(QueryKind::kNeighbors, kN, 7, kK);
  const Answer answer = Ask(index, question);
  return answer.status == RESIDUAL_KNN_OK && answer.SameAs(Ask(expected, question)) &&
         FactorOf(index).SameAs(FactorOf(expected));
}

bool CreationsAndUpdatesSaySo(Data& data, int32_t threads) {
  const std::string with = ", " + std::to_string(threads) + " threads";
  residual_knn_index* index = nullptr;
  const Attempt creation{
      [] { return true; }, [&] { return Create(data.model, threads, &index); },
      [&](residual_knn_status status) {
        if ((status == RESIDUAL_KNN_OK) != (index != nullptr)) return false;
        if (index == nullptr && Create(data.model, threads, &index) != RESIDUAL_KNN_OK) {
          return false;
        }
        const IndexHandle owner(index);
        return AnswersAs(index, CreateIndex(data.model).index.get());
      }};
  const Attempt update{
      // With one thread, because others would leave their own heaps with free space.
      [&] { return Create(data.model, 1, &index) == RESIDUAL_KNN_OK; },
      [&] { return Update(data.other, threads, index); },
      [&](residual_knn_status status) {
        const IndexHandle owner(index);
        if (status != RESIDUAL_KNN_OK && Update(data.other, threads, index) != RESIDUAL_KNN_OK) {
          return false;
        }
        return AnswersAs(index, CreateIndex(data.other).index.get());
      }};
  return SaysSoUntilThereIsRoom("create" + with, creation) &&
         SaysSoUntilThereIsRoom("update" + with, update);
}

// Uses a new index each time, which has no tree yet.
bool SearchesSaySo(Data& data, bool new_points, int32_t strategy, int32_t threads) {
  CreatedIndex created;
  const Attempt search{
      [&] {
        created = CreateIndex(data.model);
        return created.status == RESIDUAL_KNN_OK;
      },
      [&] { return Search(data, created.index.get(), new_points, strategy, threads); },
      [&](residual_knn_status status) {
        if (status != RESIDUAL_KNN_OK &&
            Search(data, created.index.get(), new_points, strategy, threads) != RESIDUAL_KNN_OK) {
          return false;
        }
        const std::vector<int64_t> neighbors = data.neighbors;
        const std::vector<double> distances = data.distances;
        const CreatedIndex other = CreateIndex(data.model);
        return Search(data, other.index.get(), new_points, RESIDUAL_KNN_BRUTE_FORCE, 1) ==
                   RESIDUAL_KNN_OK &&
               data.neighbors == neighbors && data.distances == distances;
      }};
  return SaysSoUntilThereIsRoom(std::string(new_points ? "new points, " : "neighbors, ") +
                                    residual_knn_strategy_name(strategy) + ", " +
                                    std::to_string(threads) + " threads",
                                search);
}

void TestCreationsAndUpdates(void** /*state*/) {
  Data data = DrawData();
  for (const int32_t threads : {1, 3}) assert_true(CreationsAndUpdatesSaySo(data, threads));
}

void TestSearches(void** /*state*/) {
  Data data = DrawData();
  for (const int32_t strategy : kAllStrategies) {
    assert_true(SearchesSaySo(data, false, strategy, 1));
    assert_true(SearchesSaySo(data, true, strategy, 3));
  }
}

void TestFirstSearch(void** /*state*/) {
  alarm(kWatchdogSeconds);
  assert_true(FirstSearchSaysSo());
  alarm(0);
}

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
#ifdef RESIDUAL_KNN_TEST_UNDER_QEMU
  std::printf(
      "skipped: limits of the address space, which have no effect on programs under qemu\n");
  return 77;
#endif
  // Freed memory is returned to the system, so that the limit is effective.
  mallopt(M_MMAP_THRESHOLD, 1 << 16);
  mallopt(M_TRIM_THRESHOLD, 0);
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestFirstSearch),
      cmocka_unit_test(TestCreationsAndUpdates),
      cmocka_unit_test(TestSearches),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
