#include "search/tree_search.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "parallel/parallel_for.h"
#include "search/brute_force.h"
#include "search/chunk_plan.h"
#include "search/timed_sample.h"
#include "search/traversal.h"
#include "search/tree_worker.h"

namespace residual_knn {
namespace {

std::unique_ptr<Traversal> MakeTraversal(int32_t strategy) {
  switch (strategy) {
    case RESIDUAL_KNN_LEVEL_SYNCHRONOUS:
      return MakeLevelSynchronous();
    case RESIDUAL_KNN_BEST_FIRST:
      return MakeBestFirst(1, 1);
    case RESIDUAL_KNN_BATCHED_BEST_FIRST:
      return MakeBestFirst(ChunkPlan::kMost, 4);
    case RESIDUAL_KNN_DUAL_TREE:
      return MakeDualTree();
    default:
      throw Error(RESIDUAL_KNN_ERROR_INTERNAL, "a strategy without a traversal");
  }
}

// Seconds of one thread for a pair that no processor is expected to go below: brute force need not be timed against
// what is faster than that.
double LeastScanSeconds(const ResidualModel& model, const QuantizedFit& fit) {
  constexpr double kProducts64 = 1e11;
  const double rate = fit.bits8 ? 8 * kProducts64 : fit.bits16 ? 4 * kProducts64 : kProducts64;
  return static_cast<double>(model.m()) / rate;
}

// The workers of one search, and what they have in common.
class TreeSearch {
 public:
  TreeSearch(const ResidualModel& model, const QuerySet& queries, const SearchSettings& settings,
             ResultSink& results, Monitor& monitor)
      : queries_(queries), settings_(settings), results_(results), monitor_(monitor) {
    for (int i = 0; i < settings.threads; ++i) {
      workers_.push_back(
          std::make_unique<TreeWorker>(model, settings, ChunkPlan::MostInChunk(settings)));
      traversals_.push_back(MakeTraversal(settings.strategy));
      left_.push_back(0);
    }
  }

  // Returns the seconds that all workers together spent on it.
  double Search(std::span<const Chunk* const> chunks) {
    std::vector<double> seconds(workers_.size());
    ParallelFor(settings_.threads, static_cast<int64_t>(chunks.size()), monitor_,
                [&](int64_t task, int index) {
                  const auto start = Clock::now();
                  SearchChunk(*chunks[task], index);
                  seconds[index] += std::chrono::duration<double>(Clock::now() - start).count();
                });
    return std::accumulate(seconds.begin(), seconds.end(), 0.0);
  }

  // Queries so far that trees do nothing for.
  [[nodiscard]] std::vector<int64_t> Left() const {
    std::vector<int64_t> left;
    for (const auto& worker : workers_) {
      left.insert(left.end(), worker->left().begin(), worker->left().end());
    }
    return left;
  }

  void AddTo(SearchStatistics& statistics) const {
    for (const auto& worker : workers_) worker->counters().AddTo(statistics);
  }

 private:
  using Clock = std::chrono::steady_clock;

  void SearchChunk(const Chunk& chunk, int index) {
    TreeWorker& worker = *workers_[index];
    const auto which = chunk.Queries();
    if (!worker.Begin(*chunk.tree, queries_, which, monitor_, index == 0)) return;
    const size_t left_before = left_[index];
    if (!worker.searching().empty()) traversals_[index]->Search(worker, chunk.home);
    worker.Finish(results_);
    int64_t pairs = 0;
    for (const int64_t query : which) pairs += queries_.Pairs(query);
    for (const int64_t query : worker.left().subspan(left_before)) pairs -= queries_.Pairs(query);
    left_[index] = worker.left().size();
    monitor_.Advance(pairs);
  }

  const QuerySet& queries_;
  const SearchSettings& settings_;
  ResultSink& results_;
  Monitor& monitor_;
  std::vector<std::unique_ptr<TreeWorker>> workers_;
  std::vector<std::unique_ptr<Traversal>> traversals_;
  std::vector<size_t> left_;  // how many queries each worker has left so far
};

}  // namespace

SearchStatistics SearchTree(const ResidualModel& model, Prepared& prepared, const QuerySet& queries,
                            const SearchSettings& settings, bool compare, ResultSink& results,
                            Monitor& monitor) {
  const ChunkPlan plan(model, prepared.trees, queries, settings, monitor);
  SearchStatistics statistics;
  statistics.strategy = settings.strategy;
  statistics.threads = settings.threads;
  statistics.tree_seconds = plan.tree_seconds();
  statistics.coarse_blocks = plan.coarse_blocks();
  if (compare) statistics.reason = RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE;

  const auto scan = [&](std::vector<int64_t> which) {
    std::sort(which.begin(), which.end(), [&](int64_t a, int64_t b) {
      return std::pair(queries.RowOf(a), a) < std::pair(queries.RowOf(b), b);
    });
    statistics.AddCounts(
        SearchBruteForce(model, prepared, queries, which, settings, results, monitor));
  };
  TreeSearch search(model, queries, settings, results, monitor);
  std::vector<const Chunk*> rest;
  for (const Chunk& chunk : plan.chunks()) rest.push_back(&chunk);
  std::vector<int64_t> scanned(plan.brute().begin(), plan.brute().end());

  std::optional<TimedSample> decided;  // holds what is left of the chunks
  if (compare && rest.size() >= TimedSample::kFewChunks) {
    TimedSample& sample = decided.emplace(queries, rest, settings.threads);
    const double spent = search.Search(sample.by_tree());
    // What the tree has left takes a scan besides.
    const auto answered = sample.tree_queries() - static_cast<double>(search.Left().size());
    const double tree_seconds = spent / std::max(answered, 1.0);
    const auto tree_wins = [&](double scan_seconds_per_pair) {
      return answered > sample.tree_queries() / 2 &&
             tree_seconds * sample.rest_queries() <= scan_seconds_per_pair * sample.rest_pairs();
    };
    const double known = prepared.ScanSeconds(settings.k);
    const double least = LeastScanSeconds(model, FitOf(model, prepared, settings, monitor));
    double scan_seconds = std::max(known, least);
    if (known == 0 && !tree_wins(least)) {
      // What brute force prepares once is not part of its speed.
      PrepareBruteForce(model, prepared, settings, monitor);
      const std::vector<int64_t> which = sample.TakeForScan();
      scan(which);
      scan_seconds = statistics.scan_seconds / std::max(sample.Pairs(which), 1.0);
      prepared.SetScanSeconds(settings.k, scan_seconds);
    }
    rest = sample.rest();
    if (!tree_wins(scan_seconds)) {
      statistics.strategy = RESIDUAL_KNN_BRUTE_FORCE;
      statistics.reason = RESIDUAL_KNN_REASON_SAMPLE_FOR_BRUTE_FORCE;
      for (const Chunk* chunk : rest) {
        const auto which = chunk->Queries();
        scanned.insert(scanned.end(), which.begin(), which.end());
      }
      rest.clear();
    }
  }
  search.Search(rest);
  const std::vector<int64_t> left = search.Left();
  scanned.insert(scanned.end(), left.begin(), left.end());
  if (!scanned.empty()) scan(scanned);
  search.AddTo(statistics);
  return statistics;
}

}  // namespace residual_knn
