// Progress callbacks run only on the calling thread and get consistent numbers. If a callback cancels, the call stops,
// does not call it again, fails with ERROR_CANCELLED and leaves its outputs untouched.
//
// The test prints the latency of the cancellation; the processor time until the call returns must be below two seconds.
// The time between two callbacks is measured in test_progress.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "support/api_objects.h"
#include "support/poisoned.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using Clock = std::chrono::steady_clock;

// Processor time of all threads.
constexpr double kLongestReturn = 2;
double ProcessorSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Watches the calls of a progress callback and cancels at one of them.
class Watcher {
 public:
  explicit Watcher(int64_t cancel_at) : cancel_at_(cancel_at) {}

  static int32_t Progress(void* user, int64_t done, int64_t total) {
    return static_cast<Watcher*>(user)->Note(done, total);
  }

  [[nodiscard]] int64_t calls() const { return calls_; }
  [[nodiscard]] bool cancelled() const { return cancelled_; }
  [[nodiscard]] Clock::time_point cancelled_at() const { return cancelled_at_; }
  [[nodiscard]] double processor_at() const { return processor_at_; }
  // "" or what was wrong with the calls.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  int32_t Note(int64_t done, int64_t total) {
    ++calls_;
    if (std::this_thread::get_id() != owner_) problem_ = "called on another thread";
    if (cancelled_) problem_ = "called again after it cancelled";
    if (total < 1 || done < 0 || done > total) {
      problem_ = std::to_string(done) + " of " + std::to_string(total) + " done";
    }
    // A call may have several stages, each with its own total.
    if (total == last_total_ && done < last_done_) {
      problem_ = "went back from " + std::to_string(last_done_) + " to " + std::to_string(done) +
                 " of " + std::to_string(total);
    }
    last_total_ = total;
    last_done_ = done;
    if (calls_ != cancel_at_) return 0;
    cancelled_ = true;
    cancelled_at_ = Clock::now();
    processor_at_ = ProcessorSeconds();
    return static_cast<int32_t>(cancel_at_ % 2 == 0 ? 1 : -5);  // anything but 0
  }

  const std::thread::id owner_ = std::this_thread::get_id();
  int64_t cancel_at_;
  int64_t calls_ = 0;
  bool cancelled_ = false;
  Clock::time_point cancelled_at_;
  double processor_at_ = 0;
  int64_t last_total_ = -1;
  int64_t last_done_ = -1;
  std::string problem_;
};

// A call that takes long enough for several callbacks.
struct Job {
  const char* name;
  // Runs the call with this watcher and many or one thread; sets touched if an output changed.
  std::function<residual_knn_status(Watcher& watcher, int32_t threads, bool& touched)> run;
};

// Starts each job, and cancels it at its first, second, third and fourth callback. On a fast machine, the job may
// finish before a later callback, but not before the first.
bool JobHolds(const Job& job) {
  double slowest = 0;
  int64_t cancelled = 0;
  for (const int32_t threads : {1, 3}) {
    for (int64_t at = 1; at <= 4; ++at) {
      Watcher watcher(at);
      bool touched = false;
      const residual_knn_status status = job.run(watcher, threads, touched);
      const double seconds =
          std::chrono::duration<double>(Clock::now() - watcher.cancelled_at()).count();
      const double processor = ProcessorSeconds() - watcher.processor_at();
      const std::string name = std::string(job.name) + ", cancelled at callback " +
                               std::to_string(at) + ", threads " + std::to_string(threads) + ": ";
      if (!watcher.problem().empty()) return Fail(name + watcher.problem());
      if (!watcher.cancelled()) {
        if (at == 1) return Fail(name + "the callback was never called");
        if (status != RESIDUAL_KNN_OK) return Fail(name + residual_knn_last_error());
        continue;
      }
      if (status != RESIDUAL_KNN_ERROR_CANCELLED) {
        return Fail(name + "status " + std::to_string(status));
      }
      if (std::string(residual_knn_last_error()).find("cancel") == std::string::npos) {
        return Fail(name + residual_knn_last_error());
      }
      if (touched) return Fail(name + "an output was touched");
      slowest = std::max(slowest, seconds);
      if (processor > kLongestReturn) {
        return Fail(name + "returned after " + std::to_string(processor) + " s");
      }
      ++cancelled;
    }
  }
  std::printf("%-28s %lld of 8 cancelled, slowest return %.1f ms after the callback\n", job.name,
              static_cast<long long>(cancelled), 1e3 * slowest);
  return true;
}

Model BigModel(const TestRun& run) {
  Random random(run.seed);
  Model model;
  model.kernel.lengthscales = {0.2};
  model.points = RandomPoints(random, Shape::kUniform, run.Scaled(20000), 3);
  model.inducing = RandomRowsOf(random, model.points, 150);
  return model;
}

bool SearchesHold(const TestRun& run) {
  Model model = BigModel(run);
  const int64_t n = model.points.n;
  const CreatedIndex created = CreateIndex(model, RESIDUAL_KNN_POINT_MAJOR, 0);
  if (created.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  const residual_knn_index* index = created.index.get();
  model.factor_storage = RESIDUAL_KNN_FACTOR_COMPUTED;
  const CreatedIndex computed = CreateIndex(model, RESIDUAL_KNN_POINT_MAJOR, 0);
  if (computed.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  constexpr int32_t kK = 10;
  Poisoned<int64_t> neighbors(n * kK);
  Poisoned<int32_t> neighbors32(n * kK);
  Poisoned<double> distances(n * kK);
  residual_knn_statistics statistics;

  const auto with = [&](const auto& call, int32_t ranking = RESIDUAL_KNN_ABSOLUTE) {
    return [&, call, ranking](Watcher& watcher, int32_t threads, bool& touched) {
      residual_knn_search_options options = SearchOptions();
      options.ranking = ranking;
      options.threads = threads;
      options.progress = Watcher::Progress;
      options.progress_user = &watcher;
      // An earlier run that finished has filled them.
      neighbors.Poison();
      neighbors32.Poison();
      distances.Poison();
      residual_knn_statistics_init(&statistics, sizeof statistics);
      statistics.queries = -1;
      const residual_knn_status status = call(&options);
      touched = !neighbors.untouched() || !neighbors32.untouched() || !distances.untouched() ||
                statistics.queries != -1;
      return status;
    };
  };
  const std::vector<double>& points = model.points.values;
  const Job jobs[] = {
      {"neighbors", with([&](const residual_knn_search_options* options) {
         return residual_knn_neighbors(index, nullptr, n, options, kK, neighbors.data(),
                                       distances.data(), &statistics);
       })},
      {"predecessors", with([&](const residual_knn_search_options* options) {
         return residual_knn_predecessors(index, nullptr, n, options, kK, neighbors.data(),
                                          distances.data(), &statistics);
       })},
      {"predecessors, V computed", with([&](const residual_knn_search_options* options) {
         return residual_knn_predecessors(computed.index.get(), nullptr, n, options, kK,
                                          neighbors.data(), distances.data(), &statistics);
       })},
      {"new points", with([&](const residual_knn_search_options* options) {
         return residual_knn_neighbors_of_new_points(
             index, points.data(), n, options, kK, neighbors.data(), distances.data(), &statistics);
       })},
      {"neighbors, int32", with([&](const residual_knn_search_options* options) {
         return residual_knn_neighbors_int32(index, nullptr, n, options, kK, 1, 0,
                                             neighbors32.data(), distances.data(), &statistics);
       })},
      {"scaled distance", with(
                              [&](const residual_knn_search_options* options) {
                                return residual_knn_predecessors(index, nullptr, n, options, kK,
                                                                 neighbors.data(), distances.data(),
                                                                 &statistics);
                              },
                              RESIDUAL_KNN_SCALED_DISTANCE)},
  };
  for (const Job& job : jobs) {
    if (!JobHolds(job)) return false;
  }
  // The index is unchanged.
  Question question;
  question.rows = {0, n - 1, n / 2};
  question.k = kK;
  const CreatedIndex fresh = CreateIndex(model, RESIDUAL_KNN_POINT_MAJOR, 0);
  return Ask(index, question).SameAs(Ask(fresh.index.get(), question)) ||
         Fail("cancelled searches harmed the index");
}

// Slow covariances, so that few points give long jobs.
int32_t SlowCovariance(void* /*user*/, const int64_t* rows, int64_t num_rows,
                       const int64_t* columns, int64_t num_columns, double* covariance) {
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  for (int64_t a = 0; a < num_rows; ++a) {
    for (int64_t b = 0; b < num_columns; ++b) {
      covariance[a * num_columns + b] =
          std::exp(-1e-3 * std::abs(static_cast<double>(rows[a] - columns[b])));
    }
  }
  return 0;
}

bool CallbackSearchHolds() {
  constexpr int64_t kN = 5000;
  const std::vector<double> variance(kN, 1.0);
  residual_knn_model_options options = ModelOptions();
  options.concurrent_callback = 1;
  residual_knn_index* index = nullptr;
  residual_knn_index_create_from_callback(nullptr, kN, 0, variance.data(), SlowCovariance, nullptr,
                                          &options, &index);
  const IndexHandle owner(index);
  Poisoned<int64_t> neighbors(kN);
  const Job job{"neighbors, covariance callback",
                [&](Watcher& watcher, int32_t threads, bool& touched) {
                  residual_knn_search_options search = SearchOptions();
                  search.threads = threads;
                  search.progress = Watcher::Progress;
                  search.progress_user = &watcher;
                  neighbors.Poison();
                  const residual_knn_status status = residual_knn_neighbors(
                      index, nullptr, kN, &search, 1, neighbors.data(), nullptr, nullptr);
                  touched = !neighbors.untouched();
                  return status;
                }};
  return JobHolds(job);
}

bool CreateHolds(const TestRun& run) {
  Model model = BigModel(run);
  Random random(run.seed);
  model.points = RandomPoints(random, Shape::kUniform, run.Scaled(80'000), 3);
  const Job from_points{
      "index_create, many points", [&](Watcher& watcher, int32_t threads, bool& touched) {
        residual_knn_model_options options = ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, threads);
        options.progress = Watcher::Progress;
        options.progress_user = &watcher;
        auto* const mark = reinterpret_cast<residual_knn_index*>(&watcher);
        residual_knn_index* index = mark;
        const residual_knn_status status = residual_knn_index_create(
            model.points.values.data(), model.points.n, 3, model.kernel.lengthscales.data(), 1,
            model.inducing.values.data(), model.inducing.n, &options, &index);
        touched = index != mark;
        if (status == RESIDUAL_KNN_OK) residual_knn_index_free(index);
        return status;
      }};
  // Many inducing points: the Cholesky factor takes most of the time.
  const int64_t m = run.Scaled(2500);
  const Job from_inducing{
      "index_create, large m", [&](Watcher& watcher, int32_t threads, bool& touched) {
        residual_knn_model_options options = ModelOptions();
        options.threads = threads;
        options.progress = Watcher::Progress;
        options.progress_user = &watcher;
        auto* const mark = reinterpret_cast<residual_knn_index*>(&watcher);
        residual_knn_index* index = mark;
        const residual_knn_status status = residual_knn_index_create(
            model.points.values.data(), 100, 3, model.kernel.lengthscales.data(), 1,
            model.points.values.data(), m, &options, &index);
        touched = index != mark;
        if (status == RESIDUAL_KNN_OK) residual_knn_index_free(index);
        return status;
      }};
  return JobHolds(from_points) && JobHolds(from_inducing);
}

bool HelpersHold(const TestRun& run) {
  Random random(run.seed);
  const Points points = RandomPoints(random, Shape::kUniform, run.Scaled(200'000), 3);
  const double lengthscale = 1;
  constexpr int64_t kM = 300;
  const CreatedIndex created = CreateIndex(BigModel(run), RESIDUAL_KNN_POINT_MAJOR, 0);
  if (created.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  Poisoned<double> inducing(kM * 3);
  Poisoned<int64_t> order(points.n);
  const auto with = [&](const auto& call) {
    return [&, call](Watcher& watcher, int32_t threads, bool& touched) {
      residual_knn_helper_options options = HelperOptions();
      options.threads = threads;
      options.max_iterations = 100;
      options.progress = Watcher::Progress;
      options.progress_user = &watcher;
      inducing.Poison();
      order.Poison();
      const residual_knn_status status = call(&options);
      touched = !inducing.untouched() || !order.untouched();
      return status;
    };
  };
  const Job jobs[] = {
      {"choose_inducing, k-means", with([&](const residual_knn_helper_options* options) {
         return residual_knn_choose_inducing(points.values.data(), points.n, 3, &lengthscale, 1,
                                             RESIDUAL_KNN_KMEANS, kM, options, inducing.data());
       })},
      {"order_points, maximin", with([&](const residual_knn_helper_options* options) {
         return residual_knn_order_points(points.values.data(), points.n, 3, &lengthscale, 1,
                                          RESIDUAL_KNN_ORDER_MAXIMIN, options, order.data());
       })},
      {"index_order", with([&](const residual_knn_helper_options* options) {
         return residual_knn_index_order(created.index.get(), options, order.data());
       })},
  };
  return std::all_of(std::begin(jobs), std::end(jobs), JobHolds);
}

// If a search is not cancelled, its callback is told about all of its work.
bool UncancelledSearchHolds(const TestRun& run) {
  const Model model = BigModel(run);
  const CreatedIndex created = CreateIndex(model, RESIDUAL_KNN_POINT_MAJOR, 0);
  Question question;
  question.k = 5;
  const int64_t count = std::min<int64_t>(500, model.points.n);
  for (int64_t i = 0; i < count; ++i) question.rows.push_back(i);
  const Answer expected = Ask(created.index.get(), question);
  Watcher watcher(-1);
  residual_knn_search_options options = SearchOptions();
  options.threads = 2;
  options.progress = Watcher::Progress;
  options.progress_user = &watcher;
  std::vector<int64_t> neighbors(count * question.k);
  std::vector<double> distances(count * question.k);
  if (residual_knn_neighbors(created.index.get(), question.rows.data(), count, &options, question.k,
                             neighbors.data(), distances.data(), nullptr) != RESIDUAL_KNN_OK) {
    return Fail(residual_knn_last_error());
  }
  if (!watcher.problem().empty()) return Fail(watcher.problem());
  if (watcher.calls() == 0) return Fail("the callback was never called");
  return (neighbors == expected.neighbors && distances == expected.distances) ||
         Fail("a progress callback changed the answer");
}

void TestSearches(void** state) { assert_true(SearchesHold(*static_cast<const TestRun*>(*state))); }
void TestCallbackSearch(void** /*state*/) { assert_true(CallbackSearchHolds()); }
void TestCreate(void** state) { assert_true(CreateHolds(*static_cast<const TestRun*>(*state))); }
void TestHelpers(void** state) { assert_true(HelpersHold(*static_cast<const TestRun*>(*state))); }
void TestUncancelledSearch(void** state) {
  assert_true(UncancelledSearchHolds(*static_cast<const TestRun*>(*state)));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestSearches, &run),
      cmocka_unit_test(TestCallbackSearch),
      cmocka_unit_test_prestate(TestCreate, &run),
      cmocka_unit_test_prestate(TestHelpers, &run),
      cmocka_unit_test_prestate(TestUncancelledSearch, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
