#include "search/tree_search.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "descent/chunk_plan.h"
#include "descent/tree_descent.h"
#include "scan/brute_force.h"
#include "search/timed_sample.h"

namespace residual_knn {
namespace {

// Lower limit of the seconds for a pair on one thread of any processor. If the tree is faster than this, brute force
// need not be timed.
double LeastScanSeconds(const ResidualModel& model, const QuantizedFit& fit) {
  constexpr double kProducts64 = 1e11;
  const double rate = fit.bits8 ? 8 * kProducts64 : fit.bits16 ? 4 * kProducts64 : kProducts64;
  return static_cast<double>(model.m()) / rate;
}

// The chunks and the queries that are still to be searched, and what has been counted so far.
class TreeSearch {
 public:
  TreeSearch(const SearchJob& job, Prepared& prepared)
      : job_(job),
        prepared_(prepared),
        plan_(job, prepared.trees()),
        descent_(job),
        to_scan_(plan_.brute().begin(), plan_.brute().end()) {
    for (const Chunk& chunk : plan_.chunks()) to_descend_.push_back(&chunk);
    statistics_.strategy = job.settings.strategy;
    statistics_.threads = job.settings.threads;
    statistics_.tree_seconds = plan_.tree_seconds();
    statistics_.coarse_blocks = plan_.coarse_blocks();
  }

  SearchStatistics Finish() {
    descent_.Search(to_descend_);
    const std::vector<int64_t> left = descent_.Left();
    to_scan_.insert(to_scan_.end(), left.begin(), left.end());
    if (job_.settings.left != nullptr && statistics_.strategy != RESIDUAL_KNN_BRUTE_FORCE) {
      LeaveToAnother();
    } else if (!to_scan_.empty()) {
      Scan(std::move(to_scan_));
    }
    descent_.AddTo(statistics_);
    return statistics_;
  }

  // Finishes by the way that is faster on a sample of the chunks.
  SearchStatistics CompareAndFinish() {
    statistics_.reason = RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE;
    if (to_descend_.size() < TimedSample::kFewChunks) return Finish();
    TimedSample sample(job_.queries, to_descend_, job_.settings.threads);
    const bool tree_wins = TreeWins(sample, nullptr);
    to_descend_ = sample.rest();
    if (!tree_wins) {
      statistics_.strategy = RESIDUAL_KNN_BRUTE_FORCE;
      statistics_.reason = RESIDUAL_KNN_REASON_SAMPLE_FOR_BRUTE_FORCE;
      for (const Chunk* chunk : std::exchange(to_descend_, {})) {
        const auto which = chunk->Queries();
        to_scan_.insert(to_scan_.end(), which.begin(), which.end());
      }
    }
    return Finish();
  }

  // Whether the tree is faster for this much work, by a sample of the chunks. With few chunks there is no sample.
  bool Compare(const SampledWork& work) {
    if (to_descend_.size() < TimedSample::kFewChunks) return true;
    TimedSample sample(job_.queries, to_descend_, job_.settings.threads);
    const bool tree_wins = TreeWins(sample, &work);
    descent_.AddTo(statistics_);
    return tree_wins;
  }

  [[nodiscard]] const SearchStatistics& statistics() const { return statistics_; }

 private:
  // Searches the sample. Returns whether the tree will be faster for `work`; null: for the rest.
  bool TreeWins(TimedSample& sample, const SampledWork* work) {
    const double spent = descent_.Search(sample.by_tree());
    // Queries that the tree leaves need a scan as well, so they do not count as answered.
    const auto answered = sample.tree_queries() - static_cast<double>(descent_.Left().size());
    const double tree_seconds = spent / std::max(answered, 1.0);
    const auto wins_against = [&](double scan_seconds_per_pair) {
      const SampledWork rest =
          work != nullptr ? *work : SampledWork{sample.rest_queries(), sample.rest_pairs()};
      return answered > sample.tree_queries() / 2 &&
             tree_seconds * rest.queries <= scan_seconds_per_pair * rest.pairs;
    };
    const double known = prepared_.ScanSeconds(job_.settings.k, job_.start != nullptr);
    const QuantizedFit fit = FitOf(job_, prepared_.scans());
    const double least = LeastScanSeconds(job_.model, fit);
    if (known > 0 || wins_against(least)) return wins_against(std::max(known, least));
    // Preparations that brute force makes once are not part of its time.
    PrepareBruteForce(job_.model, fit, job_.settings.threads, job_.monitor, prepared_.scans());
    const std::vector<int64_t> which = sample.TakeForScan();
    Scan(which);
    const double scan_seconds = statistics_.scan_seconds / std::max(sample.Pairs(which), 1.0);
    prepared_.SetScanSeconds(job_.settings.k, job_.start != nullptr, scan_seconds);
    return wins_against(scan_seconds);
  }

  void LeaveToAnother() {
    LeftQueries& left = *job_.settings.left;
    for (const int64_t query : std::exchange(to_scan_, {})) {
      left.slots.push_back(job_.queries.SlotOf(query));
      left.pairs += job_.queries.Pairs(query);
    }
  }

  void Scan(std::vector<int64_t> which) {
    const QuerySet& queries = job_.queries;
    std::sort(which.begin(), which.end(), [&](int64_t a, int64_t b) {
      return std::tuple(queries.Limit(a), queries.RowOf(a), a) <
             std::tuple(queries.Limit(b), queries.RowOf(b), b);
    });
    statistics_.AddScan(SearchBruteForce(job_, prepared_.scans(), which));
  }

  const SearchJob job_;
  Prepared& prepared_;
  const ChunkPlan plan_;
  TreeDescent descent_;
  std::vector<const Chunk*> to_descend_;
  std::vector<int64_t> to_scan_;
  SearchStatistics statistics_;
};

SearchSettings WithDualTree(SearchSettings settings) {
  settings.strategy = RESIDUAL_KNN_DUAL_TREE;
  return settings;
}

}  // namespace

SearchStatistics SearchTree(const SearchJob& job, Prepared& prepared) {
  return TreeSearch(job, prepared).Finish();
}

SearchStatistics SearchTreeOrScan(const SearchJob& job, Prepared& prepared) {
  const SearchSettings settings = WithDualTree(job.settings);
  return TreeSearch({job.model, job.queries, settings, job.results, job.monitor, job.start},
                    prepared)
      .CompareAndFinish();
}

bool TreeWinsOnSample(const SearchJob& job, const SampledWork& work, Prepared& prepared,
                      SearchStatistics& spent) {
  const SearchSettings settings = WithDualTree(job.settings);
  TreeSearch search({job.model, job.queries, settings, job.results, job.monitor, job.start},
                    prepared);
  const bool tree_wins = search.Compare(work);
  spent.AddScan(search.statistics());
  spent.tree_seconds += search.statistics().tree_seconds;
  return tree_wins;
}

std::vector<int64_t> OrderOfTree(const SearchJob& job, Prepared& prepared,
                                 SearchStatistics& spent) {
  const ChunkPlan plan(job, prepared.trees());
  spent.tree_seconds += plan.tree_seconds();
  std::vector<int64_t> order(plan.brute().begin(), plan.brute().end());
  order.reserve(static_cast<size_t>(job.queries.size()));
  for (const Chunk& chunk : plan.chunks()) {
    const auto which = chunk.Queries();
    order.insert(order.end(), which.begin(), which.end());
  }
  return order;
}

}  // namespace residual_knn
