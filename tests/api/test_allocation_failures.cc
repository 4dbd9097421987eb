// Makes the first, second, third ... allocation of every exported function fail, only this one or all from then on. No
// exception may leave the library, the status must report the failure, the same call must then succeed, and nothing may
// leak.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/saved_file.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

// The functions of the C library, which this program overrides.
extern "C" {
void* __libc_malloc(size_t);            // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(size_t, size_t);    // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void*, size_t);    // NOLINT(bugprone-reserved-identifier)
void* __libc_memalign(size_t, size_t);  // NOLINT(bugprone-reserved-identifier)
void __libc_free(void*);                // NOLINT(bugprone-reserved-identifier)
}

namespace {

constexpr int64_t kNever = INT64_MAX;

std::atomic<int64_t> asked{0};
std::atomic<int64_t> first_refused{kNever};
std::atomic<int64_t> last_refused{kNever};
std::atomic<int64_t> live{0};

bool IsRefused() {
  const int64_t number = asked.fetch_add(1) + 1;
  const bool refused = number >= first_refused && number <= last_refused;
  if (refused) errno = ENOMEM;
  return refused;
}

void* Counted(void* memory) {
  if (memory != nullptr) ++live;
  return memory;
}

}  // namespace

extern "C" {
void* malloc(size_t size) { return IsRefused() ? nullptr : Counted(__libc_malloc(size)); }
void* calloc(size_t count, size_t size) {
  return IsRefused() ? nullptr : Counted(__libc_calloc(count, size));
}
void* realloc(void* memory, size_t size) {
  if (memory == nullptr) return malloc(size);
  return IsRefused() ? nullptr : __libc_realloc(memory, size);
}
void* memalign(size_t alignment, size_t size) {
  return IsRefused() ? nullptr : Counted(__libc_memalign(alignment, size));
}
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void** out, size_t alignment, size_t size) {
  void* memory = memalign(alignment, size);
  if (memory == nullptr) return ENOMEM;
  *out = memory;
  return 0;
}
void free(void* memory) {
  if (memory != nullptr) --live;
  __libc_free(memory);
}
}

namespace residual_knn_test {
namespace {

constexpr int64_t kN = 500;
constexpr int64_t kD = 2;
constexpr int64_t kM = 16;
constexpr int32_t kK = 4;
constexpr int64_t kQueries = 90;
// Every allocation up to this number fails in turn; after it, only some do.
constexpr int64_t kAllUpTo = 50;
constexpr int64_t kStride = 61;

// Single calls; each may be the first call of a process.
using Call = std::function<residual_knn_status()>;

struct Refusal {
  int64_t first;
  bool persistent;
};

// While it lives, the allocation `first` fails; with persistent, all following ones fail too.
class Refused {
 public:
  explicit Refused(const Refusal& refusal) {
    asked = 0;
    last_refused = refusal.persistent ? kNever : refusal.first;
    first_refused = refusal.first;
  }
  ~Refused() { first_refused = kNever; }
  Refused(const Refused&) = delete;
  Refused& operator=(const Refused&) = delete;
};

// Runs `call` with each of its allocations failing in turn. `prepare` and `end` run before and after it without
// failures; end returns whether the outputs are right after a success.
struct Attempt {
  std::string name;
  std::function<bool()> prepare;
  Call call;
  std::function<bool()> end;
  bool counts_leaks = true;  // threads keep memory
};

bool Survives(const Attempt& attempt) {
  int64_t refusals = 0;
  for (const bool persistent : {false, true}) {
    for (int64_t first = 1;; first += first < kAllUpTo ? 1 : kStride) {
      const int64_t live_before = live;
      if (!attempt.prepare()) return Fail(attempt.name + ": preparation");
      residual_knn_status status = RESIDUAL_KNN_ERROR_INTERNAL;
      int64_t made = 0;
      {
        const Refused refused({first, persistent});
        status = attempt.call();
        made = asked;
      }
      const auto at = [&] {
        return attempt.name + ", allocation " + std::to_string(first) +
               (persistent ? " and all after it" : "") + ": ";
      };
      if (status != RESIDUAL_KNN_OK && status != RESIDUAL_KNN_ERROR_OUT_OF_MEMORY) {
        return Fail(at() + "status " + std::to_string(status) + ", " + residual_knn_last_error());
      }
      if (status != RESIDUAL_KNN_OK) {
        if (std::string(residual_knn_last_error()).find("out of memory") == std::string::npos) {
          return Fail(at() + residual_knn_last_error());
        }
        ++refusals;
        if (attempt.call() != RESIDUAL_KNN_OK)
          return Fail(at() + "then " + residual_knn_last_error());
      }
      if (!attempt.end()) return Fail(at() + "another result");
      const int64_t leaked = live - live_before;
      if (attempt.counts_leaks && leaked != 0) {
        return Fail(at() + std::to_string(leaked) + " blocks leak");
      }
      if (made < first) break;
    }
  }
  std::printf("%-44s %lld refusals survived\n", attempt.name.c_str(),
              static_cast<long long>(refusals));
  return true;
}

struct Data {
  Model model;
  Points queries;
  std::vector<int64_t> rows;
  std::vector<int32_t> rows32;
  FactorCopy factor;
  FactorCopy query_factor;
  std::vector<double> given_factor;  // V of the queries
  std::vector<int64_t> neighbors = std::vector<int64_t>(kN * kK);
  std::vector<int32_t> neighbors32 = std::vector<int32_t>(kN * kK);
  std::vector<double> distances = std::vector<double>(kN * kK);
  residual_knn_index* index = nullptr;
};

Data DrawData() {
  Random random(5);
  Data data;
  data.model.kernel.lengthscales = {0.3};
  data.model.points = RandomPoints(random, Shape::kUniform, kN, kD);
  data.model.inducing = RandomRowsOf(random, data.model.points, kM);
  data.queries = RandomPoints(random, Shape::kUniform, kQueries, kD);
  data.rows = RandomRowNumbers(random, kN, kQueries);
  data.rows32.assign(data.rows.begin(), data.rows.end());
  data.factor = FactorOf(CreateIndex(data.model).index.get());
  data.query_factor = data.factor;
  return data;
}

int32_t Covariance(void*, const int64_t* rows, int64_t num_rows, const int64_t* columns,
                   int64_t num_columns, double* covariance) {
  for (int64_t a = 0; a < num_rows; ++a) {
    for (int64_t b = 0; b < num_columns; ++b) {
      covariance[a * num_columns + b] = rows[a] == columns[b] ? 1 : 0.25;
    }
  }
  return 0;
}

residual_knn_status Create(Data& data, int32_t kernel, int32_t threads) {
  residual_knn_model_options options = ModelOptions(data.model, RESIDUAL_KNN_POINT_MAJOR, threads);
  options.kernel = kernel;
  options.nu = 1.3;
  return residual_knn_index_create(data.model.points.values.data(), kN, kD,
                                   data.model.kernel.lengthscales.data(), 1,
                                   data.model.inducing.values.data(), kM, &options, &data.index);
}

residual_knn_status CreateFromFactor(Data& data) {
  residual_knn_model_options options = ModelOptions();
  options.factor_error = 1e-9;
  return residual_knn_index_create_from_factor(
      data.factor.v.data(), kM, data.factor.p.data(), data.model.points.values.data(), kN, kD,
      data.model.kernel.lengthscales.data(), 1, &options, &data.index);
}

residual_knn_status CreateFromCallback(Data& data) {
  residual_knn_model_options options = ModelOptions();
  options.factor_error = 1e-9;
  return residual_knn_index_create_from_callback(data.factor.v.data(), kN, kM, data.factor.p.data(),
                                                 Covariance, nullptr, &options, &data.index);
}

bool Drop(Data& data) {
  const bool held = data.index != nullptr;
  residual_knn_index_free(data.index);
  data.index = nullptr;
  return held;
}

bool Nothing() { return true; }

bool CreationsSurvive(Data& data) {
  const auto drop = [&] { return Drop(data); };
  for (const int32_t threads : {1, 3}) {
    for (const int32_t kernel : {RESIDUAL_KNN_MATERN32, RESIDUAL_KNN_MATERN}) {
      if (!Survives({"index_create, kernel " + std::to_string(kernel) + ", " +
                         std::to_string(threads) + " threads",
                     Nothing, [&] { return Create(data, kernel, threads); }, drop, threads == 1})) {
        return false;
      }
    }
    const auto create = [&] { return Create(data, RESIDUAL_KNN_MATERN32, 1) == RESIDUAL_KNN_OK; };
    const auto update = [&] {
      residual_knn_model_options options =
          ModelOptions(data.model, RESIDUAL_KNN_POINT_MAJOR, threads);
      const double lengthscale = 0.2;
      return residual_knn_index_update(data.index, &lengthscale, 1,
                                       data.model.inducing.values.data(), kM - 3, &options);
    };
    if (!Survives({"index_update, " + std::to_string(threads) + " threads", create, update, drop,
                   threads == 1})) {
      return false;
    }
  }
  return Survives(
             {"index_create_from_factor", Nothing, [&] { return CreateFromFactor(data); }, drop}) &&
         Survives({"index_create_from_callback", Nothing, [&] { return CreateFromCallback(data); },
                   drop});
}

bool SearchSurvives(Data& data, const std::string& name, const Call& create, const Call& search,
                    bool counts_leaks) {
  // The outputs without a failed allocation.
  if (create() != RESIDUAL_KNN_OK || search() != RESIDUAL_KNN_OK) {
    return Fail(name + ": " + residual_knn_last_error());
  }
  Drop(data);
  const std::vector<int64_t> neighbors = data.neighbors;
  const std::vector<int32_t> neighbors32 = data.neighbors32;
  const std::vector<double> distances = data.distances;
  return Survives({name, [&] { return create() == RESIDUAL_KNN_OK; }, search,
                   [&] {
                     const bool same = data.neighbors == neighbors &&
                                       data.neighbors32 == neighbors32 &&
                                       data.distances == distances;
                     return Drop(data) && same;
                   },
                   counts_leaks});
}

bool SearchesSurvive(Data& data) {
  const Call create = [&] { return Create(data, RESIDUAL_KNN_MATERN32, 1); };
  for (const int32_t strategy : kAllStrategies) {
    // The choice of automatic, and so its allocations, depend on the clock. Its answer does not.
    for (const int32_t threads : {1, 2}) {
      residual_knn_search_options options = SearchOptions();
      options.strategy = strategy;
      options.threads = threads;
      const std::string name = std::string(residual_knn_strategy_name(strategy)) + ", " +
                               std::to_string(threads) + " threads";
      if (!SearchSurvives(
              data, "neighbors, " + name, create,
              [&] {
                return residual_knn_neighbors(data.index, nullptr, kN, &options, kK,
                                              data.neighbors.data(), data.distances.data(),
                                              nullptr);
              },
              threads == 1)) {
        return false;
      }
    }
    residual_knn_search_options options = SearchOptions();
    options.strategy = strategy;
    options.threads = 1;
    const std::string name = residual_knn_strategy_name(strategy);
    const bool holds =
        SearchSurvives(
            data, "predecessors_int32, " + name, create,
            [&] {
              return residual_knn_predecessors_int32(data.index, data.rows32.data(), kQueries,
                                                     &options, kK, 0, -1, data.neighbors32.data(),
                                                     data.distances.data(), nullptr);
            },
            true) &&
        SearchSurvives(
            data, "neighbors_of_new_points, " + name, create,
            [&] {
              return residual_knn_neighbors_of_new_points(
                  data.index, data.queries.values.data(), kQueries, &options, kK,
                  data.neighbors.data(), data.distances.data(), nullptr);
            },
            true) &&
        SearchSurvives(
            data, "neighbors_of_new_factor, " + name, [&] { return CreateFromFactor(data); },
            [&] {
              return residual_knn_neighbors_of_new_factor(
                  data.index, data.factor.v.data(), data.factor.p.data(),
                  data.queries.values.data(), kQueries, &options, kK, data.neighbors.data(),
                  data.distances.data(), nullptr);
            },
            true) &&
        SearchSurvives(
            data, "neighbors, callback, " + name, [&] { return CreateFromCallback(data); },
            [&] {
              return residual_knn_neighbors(data.index, data.rows.data(), kQueries, &options, kK,
                                            data.neighbors.data(), data.distances.data(), nullptr);
            },
            true);
    if (!holds) return false;
  }
  return true;
}

bool ScaledSearchesSurvive(Data& data) {
  for (const int32_t strategy : {RESIDUAL_KNN_BRUTE_FORCE, RESIDUAL_KNN_BEST_FIRST}) {
    for (const int32_t threads : {1, 2}) {
      residual_knn_search_options options = SearchOptions();
      options.ranking = RESIDUAL_KNN_SCALED_DISTANCE;
      options.strategy = strategy;
      options.threads = threads;
      if (!SearchSurvives(
              data,
              "predecessors, scaled distance, " +
                  std::string(residual_knn_strategy_name(strategy)) + ", " +
                  std::to_string(threads) + " threads",
              [&] { return Create(data, RESIDUAL_KNN_MATERN32, 1); },
              [&] {
                return residual_knn_predecessors(data.index, nullptr, kN, &options, kK,
                                                 data.neighbors.data(), data.distances.data(),
                                                 nullptr);
              },
              threads == 1)) {
        return false;
      }
    }
  }
  return true;
}

bool HelpersSurvive(Data& data) {
  const double lengthscale = 0.3;
  residual_knn_helper_options options = HelperOptions();
  options.threads = 1;
  std::vector<double> inducing(10 * kD);
  std::vector<int64_t> order(kN);
  for (const int32_t method : {RESIDUAL_KNN_KMEANS, RESIDUAL_KNN_RANDOM_ROWS}) {
    if (!Survives({"choose_inducing, method " + std::to_string(method), Nothing,
                   [&] {
                     return residual_knn_choose_inducing(data.model.points.values.data(), kN, kD,
                                                         &lengthscale, 1, method, 10, &options,
                                                         inducing.data());
                   },
                   Nothing})) {
      return false;
    }
  }
  for (const int32_t ordering :
       {RESIDUAL_KNN_ORDER_GIVEN, RESIDUAL_KNN_ORDER_RANDOM, RESIDUAL_KNN_ORDER_MAXIMIN}) {
    if (!Survives({"order_points, ordering " + std::to_string(ordering), Nothing,
                   [&] {
                     return residual_knn_order_points(data.model.points.values.data(), kN, kD,
                                                      &lengthscale, 1, ordering, &options,
                                                      order.data());
                   },
                   Nothing})) {
      return false;
    }
  }
  if (Create(data, RESIDUAL_KNN_MATERN32, 1) != RESIDUAL_KNN_OK) return false;
  const bool holds = Survives(
      {"index_order", Nothing,
       [&] { return residual_knn_index_order(data.index, &options, order.data()); }, Nothing});
  Drop(data);
  return holds;
}

// What an index has prepared serves a search, also after a first attempt that failed.
bool PreparingSurvives(Data& data) {
  for (const int32_t threads : {1, 2}) {
    residual_knn_helper_options options = HelperOptions();
    options.threads = threads;
    residual_knn_search_options search = SearchOptions();
    search.threads = 1;
    int64_t before = 0;
    if (!SearchSurvives(
            data, "index_prepare, " + std::to_string(threads) + " threads",
            [&] {
              const residual_knn_status created = Create(data, RESIDUAL_KNN_MATERN32, 1);
              if (created == RESIDUAL_KNN_OK) before = InfoOf(data.index).bytes;
              return created;
            },
            [&] {
              const residual_knn_status prepared = residual_knn_index_prepare(data.index, &options);
              if (prepared != RESIDUAL_KNN_OK) return prepared;
              const bool has_more = InfoOf(data.index).bytes > before;
              const residual_knn_status found =
                  residual_knn_neighbors(data.index, nullptr, kN, &search, kK,
                                         data.neighbors.data(), data.distances.data(), nullptr);
              return has_more ? found : RESIDUAL_KNN_ERROR_INTERNAL;
            },
            threads == 1)) {
      return false;
    }
  }
  return true;
}

// A save that fails leaves no file, and no other one than the old one.
bool SavingSurvives(Data& data) {
  const TestFolder folder;
  const std::string path = folder.File("index");
  if (Create(data, RESIDUAL_KNN_MATERN32, 1) != RESIDUAL_KNN_OK) return false;
  residual_knn_search_options options = SearchOptions();
  options.threads = 1;
  for (const int32_t strategy : {RESIDUAL_KNN_DUAL_TREE, RESIDUAL_KNN_BRUTE_FORCE}) {
    options.strategy = strategy;
    if (residual_knn_neighbors(data.index, nullptr, kN, &options, kK, data.neighbors.data(),
                               nullptr, nullptr) != RESIDUAL_KNN_OK) {
      return false;
    }
  }
  const bool saves = Survives({"index_save", Nothing,
                               [&] { return residual_knn_index_save(data.index, path.c_str()); },
                               [&] { return folder.Names().size() == 1; }});
  Drop(data);
  if (!saves) return false;
  for (const auto& [name, read] : {std::pair{"index_load", &residual_knn_index_load},
                                   std::pair{"index_open", &residual_knn_index_open}}) {
    if (!Survives({name, Nothing, [&] { return read(path.c_str(), nullptr, &data.index); },
                   [&] {
                     const bool made = data.index != nullptr;
                     Drop(data);
                     return made;
                   }})) {
      return false;
    }
  }
  return true;
}

// Functions that cannot fail, and wrong arguments of functions that can.
bool QuietFunctionsSurvive(Data& data) {
  if (Create(data, RESIDUAL_KNN_MATERN32, 1) != RESIDUAL_KNN_OK) return false;
  std::vector<double> factor(kN * kM);
  bool texts = true;
  const bool holds =
      Survives({"functions without a status", Nothing,
                [&] {
                  for (const char* text :
                       {residual_knn_blas(), residual_knn_simd_target(), residual_knn_version(),
                        residual_knn_status_string(2), residual_knn_last_error(),
                        residual_knn_strategy_name(1), residual_knn_reason_string(1)}) {
                    texts = texts && text != nullptr;
                  }
                  residual_knn_model_options model;
                  residual_knn_model_options_init(&model, sizeof model);
                  residual_knn_search_options search;
                  residual_knn_search_options_init(&search, sizeof search);
                  residual_knn_helper_options helper;
                  residual_knn_helper_options_init(&helper, sizeof helper);
                  residual_knn_statistics statistics;
                  residual_knn_statistics_init(&statistics, sizeof statistics);
                  residual_knn_info info;
                  residual_knn_info_init(&info, sizeof info);
                  const residual_knn_status status = residual_knn_index_info(data.index, &info);
                  if (status != RESIDUAL_KNN_OK) return status;
                  // If the message cannot be allocated, the error is out of memory.
                  const residual_knn_status bad =
                      residual_knn_index_factor(data.index, 12345, factor.data(), nullptr);
                  if (bad == RESIDUAL_KNN_OK) return bad + RESIDUAL_KNN_ERROR_INTERNAL;
                  if (bad == RESIDUAL_KNN_ERROR_OUT_OF_MEMORY) return bad;
                  return residual_knn_index_factor(data.index, RESIDUAL_KNN_POINT_MAJOR,
                                                   factor.data(), nullptr);
                },
                Nothing});
  Drop(data);
  return holds && texts;
}

void TestQuietFunctions(void**) {
  Data data = DrawData();
  assert_true(QuietFunctionsSurvive(data));
}
void TestCreations(void**) {
  Data data = DrawData();
  assert_true(CreationsSurvive(data));
}
void TestSearches(void**) {
  Data data = DrawData();
  assert_true(SearchesSurvive(data) && ScaledSearchesSurvive(data));
}
void TestSaving(void**) {
  Data data = DrawData();
  assert_true(SavingSurvives(data));
}
void TestPreparing(void**) {
  Data data = DrawData();
  assert_true(PreparingSurvives(data));
}
void TestHelpers(void**) {
  Data data = DrawData();
  assert_true(HelpersSurvive(data));
}

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
  // Standard output allocates its buffer here, before the tests.
  static char buffer[1 << 12];
  std::setvbuf(stdout, buffer, _IOLBF, sizeof buffer);
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestQuietFunctions), cmocka_unit_test(TestCreations),
      cmocka_unit_test(TestSearches),       cmocka_unit_test(TestHelpers),
      cmocka_unit_test(TestSaving),         cmocka_unit_test(TestPreparing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
