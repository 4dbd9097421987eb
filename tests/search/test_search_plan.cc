// How a search is planned: which queries meet which tree together, which are timed, and why AUTOMATIC scans.
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "descent/chunk_plan.h"
#include "search/automatic.h"
#include "search/prepared.h"
#include "search/timed_sample.h"
#include "support/engine_model.h"
#include "support/no_results.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::Chunk;
using residual_knn::ChunkPlan;
using residual_knn::Monitor;
using residual_knn::ResidualModel;
using residual_knn::SearchSettings;
using residual_knn::TimedSample;

std::vector<int64_t> Numbers(int64_t n) {
  std::vector<int64_t> numbers(static_cast<size_t>(n));
  std::iota(numbers.begin(), numbers.end(), int64_t{0});
  return numbers;
}

// Without V, so that R is the covariance.
ResidualModel CovarianceModel(Random& random, int64_t n, int64_t d, double extent,
                              double factor_error) {
  Points points = RandomPoints(random, Shape::kUniform, n, d);
  for (double& x : points.values) x *= extent;
  return MakeGivenModel({}, points, {}, 0, std::vector<double>(static_cast<size_t>(n), 1.0),
                        factor_error);
}

// ------------------------------------------------------------------------- chunks

// Every query once, in a chunk or left to brute force.
bool AllAreListed(const ChunkPlan& plan, int64_t n) {
  std::vector<int64_t> listed(plan.brute().begin(), plan.brute().end());
  for (const Chunk& chunk : plan.chunks()) {
    listed.insert(listed.end(), chunk.Queries().begin(), chunk.Queries().end());
  }
  std::sort(listed.begin(), listed.end());
  return listed == Numbers(n) || Fail("queries are missing or twice there");
}

bool ChunksHold(const residual_knn::SearchJob& job, residual_knn::TreeStore& trees) {
  const ChunkPlan plan(job, trees);
  if (!AllAreListed(plan, job.queries.size())) return false;
  const bool coupled = job.settings.strategy == RESIDUAL_KNN_DUAL_TREE;
  for (const Chunk& chunk : plan.chunks()) {
    if (chunk.count < 1 || chunk.count > ChunkPlan::MostInChunk(job.settings)) {
      return Fail("a chunk of " + std::to_string(chunk.count));
    }
    int64_t before = -1;
    for (const int64_t query : chunk.Queries()) {
      const int64_t limit = job.queries.Limit(query);
      if (limit > chunk.tree->size()) return Fail("a tree without all candidates");
      for (int stage = 0; stage < trees.num_stages(); ++stage) {
        if (trees.size(stage) < chunk.tree->size() && limit < trees.size(stage)) {
          return Fail("a smaller tree would do");
        }
      }
      const int64_t position = chunk.tree->position(job.queries.RowOf(query));
      if (position < before) return Fail("queries are not in the order of the tree");
      before = position;
      const int64_t home =
          coupled && chunk.tree->top() > 0
              ? chunk.tree->BlockOf(chunk.tree->top(), chunk.tree->order().LeafAt(position))
              : -1;
      if (chunk.home != home) return Fail("a chunk's home is not its queries'");
    }
  }
  // What is left has few candidates: no row is exceptional here.
  const int64_t smallest = trees.size(trees.num_stages() - 1);
  for (const int64_t query : plan.brute()) {
    if (job.queries.Limit(query) > std::min<int64_t>(smallest, 1024)) {
      return Fail("a query with many candidates is left");
    }
  }
  return true;
}

void TestChunks(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  constexpr int64_t kRows = 36'000;  // enough for trees of two sizes
  const ResidualModel model = CovarianceModel(random, kRows, 2, 100, 1e-12);
  residual_knn::TreeStore trees(model);
  assert_int_equal(trees.num_stages(), 2);
  const std::vector<int64_t> rows = RandomPermutation(random, kRows);
  for (const bool predecessors : {false, true}) {
    const auto queries = residual_knn::MakeRowQueries(model, rows.data(), kRows, predecessors);
    for (const int32_t strategy : {RESIDUAL_KNN_BEST_FIRST, RESIDUAL_KNN_DUAL_TREE}) {
      for (const int64_t k : {5, 5000}) {
        SearchSettings settings;
        settings.k = k;
        settings.strategy = strategy;
        settings.threads = 1 + static_cast<int>(k % 2);
        Monitor monitor;
        NoResults results;
        assert_true(ChunksHold({model, *queries, settings, results, monitor}, trees));
      }
    }
  }
}

// ------------------------------------------------------------------------- timed samples

bool SampleHolds(uint64_t seed) {
  Random random(seed);
  const int64_t n = 5000;
  const ResidualModel model = CovarianceModel(random, n, 1, 1, 1e-12);
  const auto queries = residual_knn::MakeRowQueries(model, nullptr, n, random.Chance(0.5));
  const std::vector<int64_t> numbers = RandomPermutation(random, n);
  std::vector<Chunk> chunks;
  const int64_t largest = random.LogInteger(1, 300);
  for (int64_t first = 0; first < n;) {
    const int64_t count = std::min(random.Integer(1, largest), n - first);
    chunks.push_back({nullptr, &numbers, first, count, -1});
    first += count;
  }
  std::vector<const Chunk*> all;
  for (const Chunk& chunk : chunks) all.push_back(&chunk);
  const int threads = static_cast<int>(random.Integer(1, 9));
  TimedSample sample(*queries, all, threads);
  std::vector<int64_t> listed;
  size_t early = 0;
  for (const Chunk* chunk : sample.by_tree()) {
    const auto which = chunk->Queries();
    listed.insert(listed.end(), which.begin(), which.end());
    early += chunk->first < n / 2 ? 1 : 0;
  }
  if (sample.tree_queries() != static_cast<double>(listed.size()))
    return Fail(seed, "tree queries");
  if (sample.by_tree().empty() || sample.by_tree().size() > 2 * static_cast<size_t>(threads)) {
    return Fail(seed, std::to_string(sample.by_tree().size()) + " chunks by tree");
  }
  if (sample.by_tree().size() > 2 && (early == 0 || early == sample.by_tree().size())) {
    return Fail(seed, "the sample is not spread");
  }
  const std::vector<int64_t> scanned = sample.TakeForScan();
  if (scanned.empty() || scanned.size() > listed.size() + 1000)
    return Fail(seed, "scanned queries");
  listed.insert(listed.end(), scanned.begin(), scanned.end());
  int64_t left = 0;
  double pairs = 0;
  for (const Chunk* chunk : sample.rest()) {
    const auto which = chunk->Queries();
    listed.insert(listed.end(), which.begin(), which.end());
    left += chunk->count;
    for (const int64_t query : which) pairs += static_cast<double>(queries->Pairs(query));
  }
  std::sort(listed.begin(), listed.end());
  if (listed != Numbers(n)) return Fail(seed, "queries are missing or twice there");
  return (sample.rest_queries() == static_cast<double>(left) && sample.rest_pairs() == pairs) ||
         Fail(seed, "the rest is not counted right");
}

void TestSamples(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  for (int64_t i = 0; i < run.Scaled(30); ++i) {
    assert_true(SampleHolds(run.seed + static_cast<uint64_t>(i)));
  }
}

// ------------------------------------------------------------------------- reasons

// Of the first question with this many pairs, and of the last of as many questions as are asked.
int32_t ReasonOf(const ResidualModel& model, int64_t pairs, int questions = 1) {
  residual_knn::Prepared prepared(model);
  const auto queries = residual_knn::MakeRowQueries(model, nullptr, model.n(), false);
  const SearchSettings settings;
  Monitor monitor;
  NoResults results;
  int32_t reason = -1;
  for (int i = 0; i < questions; ++i) {
    reason =
        residual_knn::ReasonToScan({model, *queries, settings, results, monitor}, prepared, pairs);
  }
  return reason;
}

void TestReasons(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  constexpr int64_t kMany = 1'000'000'000'000;
  const ResidualModel smooth = CovarianceModel(random, 4000, 1, 100, 1e-12);
  assert_int_equal(ReasonOf(smooth, 10), RESIDUAL_KNN_REASON_FEW_PAIRS);
  assert_int_equal(ReasonOf(smooth, kMany), RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE);
  // Small questions add up: 800,000 multiplications a row and 30 a pair are 1e8 pairs.
  assert_int_equal(ReasonOf(smooth, 1'000'000, 50), RESIDUAL_KNN_REASON_FEW_PAIRS);
  assert_int_equal(ReasonOf(smooth, 1'000'000, 500), RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE);
  const ResidualModel unknown = CovarianceModel(random, 4000, 1, 100, 0);
  assert_int_equal(ReasonOf(unknown, kMany), RESIDUAL_KNN_REASON_UNKNOWN_FACTOR_ERROR);
  // So rough an error that no point fits.
  const ResidualModel spoiled = CovarianceModel(random, 4000, 1, 100, 0.01);
  assert_int_equal(ReasonOf(spoiled, kMany), RESIDUAL_KNN_REASON_ROUNDING);
  // Points that are all but uncorrelated explain nothing of each other.
  const ResidualModel scattered = CovarianceModel(random, 4000, 3, 1e4, 1e-12);
  assert_int_equal(ReasonOf(scattered, kMany), RESIDUAL_KNN_REASON_NO_COVER);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestChunks, &run),
      cmocka_unit_test_prestate(TestSamples, &run),
      cmocka_unit_test_prestate(TestReasons, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
