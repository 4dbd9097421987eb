// No search allocates for each query. After its trees are built, a search of twice the queries makes almost no
// additional allocations, for any strategy.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "residual_knn.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace {

std::atomic<int64_t> allocations{0};

void* Allocate(size_t bytes, size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const size_t room = (std::max<size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, room);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// All allocations of the program, including the engine. The other forms of new call these.
void* operator new(size_t bytes) { return Allocate(bytes, alignof(std::max_align_t)); }
void* operator new(size_t bytes, std::align_val_t alignment) {
  return Allocate(bytes, static_cast<size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }

namespace residual_knn_test {
namespace {

constexpr int64_t kPoints = 3000;
constexpr int64_t kUsualQueries = 8000;
constexpr int64_t kFewestQueries = 4000;
// Each of about a thousand places of a chunk keeps its lists. Sometimes a query needs more space than all before it:
// this gives a fraction of an allocation per query, and fewer in longer searches.
constexpr int64_t kQueriesForOne = 16;

struct Way {
  int32_t ranking;
  int32_t strategy;
};

// The number of allocations of a search of `count` queries, which repeat rows; -1 if it fails.
int64_t CountOf(const residual_knn_index* index, const Way& way, int64_t count,
                std::vector<int64_t>& neighbors) {
  std::vector<int64_t> rows(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) rows[i] = i % kPoints;
  residual_knn_search_options options;
  residual_knn_search_options_init(&options, sizeof options);
  options.ranking = way.ranking;
  options.strategy = way.strategy;
  options.threads = 1;
  const int64_t before = allocations.load();
  const residual_knn_status status = residual_knn_neighbors(index, rows.data(), count, &options, 5,
                                                            neighbors.data(), nullptr, nullptr);
  return status == RESIDUAL_KNN_OK ? allocations.load() - before : -1;
}

bool WayHolds(const residual_knn_index* index, const Way& way, int64_t queries) {
  std::vector<int64_t> neighbors(static_cast<size_t>(2 * queries * 5));
  // The first search builds what the index keeps.
  if (CountOf(index, way, 2 * queries, neighbors) < 0) return Fail(residual_knn_last_error());
  const int64_t half = CountOf(index, way, queries, neighbors);
  const int64_t all = CountOf(index, way, 2 * queries, neighbors);
  const std::string text = std::string(residual_knn_strategy_name(way.strategy)) + ", ranking " +
                           std::to_string(way.ranking) + ": " + std::to_string(half) +
                           " allocations for " + std::to_string(queries) + " queries, " +
                           std::to_string(all) + " for twice as many";
  std::printf("%s\n", text.c_str());
  if (half <= 0 || all <= 0) return Fail("nothing was counted");
  return all - half <= std::max(queries, kUsualQueries) / kQueriesForOne || Fail(text);
}

void TestNoAllocationForEachQuery(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const Points points = RandomPoints(random, Shape::kUniform, kPoints, 2);
  const Points inducing = RandomPoints(random, Shape::kUniform, 40, 2);
  const double lengthscale = 0.3;
  residual_knn_model_options options;
  residual_knn_model_options_init(&options, sizeof options);
  options.threads = 1;
  residual_knn_index* index = nullptr;
  assert_int_equal(residual_knn_index_create(points.values.data(), points.n, 2, &lengthscale, 1,
                                             inducing.values.data(), inducing.n, &options, &index),
                   RESIDUAL_KNN_OK);
  const int64_t queries = std::max(run.Scaled(kUsualQueries), kFewestQueries);
  bool holds = true;
  // The automatic choice is one of these; a timed sample decides.
  for (int32_t strategy = RESIDUAL_KNN_BRUTE_FORCE; strategy <= RESIDUAL_KNN_DUAL_TREE;
       ++strategy) {
    holds = WayHolds(index, {RESIDUAL_KNN_ABSOLUTE, strategy}, queries) && holds;
  }
  for (const int32_t strategy : {RESIDUAL_KNN_BRUTE_FORCE, RESIDUAL_KNN_BEST_FIRST}) {
    holds = WayHolds(index, {RESIDUAL_KNN_SCALED_DISTANCE, strategy}, queries) && holds;
  }
  residual_knn_index_free(index);
  assert_true(holds || Fail(run.seed, "the same points again"));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestNoAllocationForEachQuery, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
