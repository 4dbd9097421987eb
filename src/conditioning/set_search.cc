#include "conditioning/set_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "conditioning/conditional_selection.h"
#include "conditioning/order_in_space.h"
#include "model/callback_covariance.h"
#include "model/row_group.h"
#include "parallel/pace.h"
#include "parallel/parallel_for.h"
#include "search/informative_neighbors.h"
#include "search/nearest_point.h"
#include "simd/nearest_center.h"

namespace residual_knn {
namespace {

constexpr int64_t kQueriesOfTask = 32;
// Units of work to read and sort one candidate.
constexpr int64_t kSortWork = 8;

// The part that both selections share: reads queries and their lists.
class ListWorker {
 public:
  ListWorker(const SearchJob& job, const RowLists& lists, int index)
      : job_(job),
        lists_(lists),
        monitor_(job.monitor, index),
        pace_(monitor_, CostOf(job.model.callback())) {}

  void Load(std::span<const int64_t> queries) { job_.queries.Load(queries, block_, monitor_); }

  [[nodiscard]] const QueryBlock& block() const { return block_; }
  [[nodiscard]] const SearchJob& job() const { return job_; }
  [[nodiscard]] PointView View(int64_t q) const {
    return block_.View(q, job_.model.m(), job_.model.d());
  }

  // The candidates of query q, ascending.
  std::span<const int64_t> ReadCandidates(int64_t q) {
    lists_.Read(block_.slot[q], rows_);
    pace_.Spend(kSortWork * std::ssize(rows_));
    KeepCandidates(block_, q, rows_);
    candidates_ += std::ssize(rows_);
    return rows_;
  }

  [[nodiscard]] Pace& pace() { return pace_; }
  [[nodiscard]] int64_t candidates() const { return candidates_; }

 private:
  const SearchJob job_;
  const RowLists& lists_;
  ThreadMonitor monitor_;
  Pace pace_;
  QueryBlock block_;
  std::vector<int64_t> rows_;
  int64_t candidates_ = 0;
};

class NearestWorker : public ListWorker {
 public:
  NearestWorker(const SearchJob& job, const RowLists& lists, int index)
      : ListWorker(job, lists, index), group_(job.model) {}

  void Solve(int64_t q) {
    const std::span<const int64_t> rows = ReadCandidates(q);
    neighbors_.resize(rows.size());
    for (size_t begin = 0; begin < rows.size(); begin += kCandidatesAtOnce) {
      const auto part = rows.subspan(begin, std::min(kCandidatesAtOnce, rows.size() - begin));
      pace().Spend(std::ssize(part) * (job().model.m() + job().model.d()) / Pace::kMultiplications);
      ComputeDistances(q, part);
      for (size_t j = 0; j < part.size(); ++j) neighbors_[begin + j] = {distances_[j], part[j]};
    }
    const auto kept = std::min(std::ssize(neighbors_), job().settings.k);
    std::partial_sort(neighbors_.begin(), neighbors_.begin() + kept, neighbors_.end());
    if (job().settings.ranking == Ranking::kScaledDistance) {
      for (int64_t j = 0; j < kept; ++j) neighbors_[j].distance = std::sqrt(neighbors_[j].distance);
    }
    job().results.Write(block(), q, {neighbors_.data(), static_cast<size_t>(kept)});
  }

 private:
  // Between two looks at the monitor.
  static constexpr size_t kCandidatesAtOnce = 4096;

  void ComputeDistances(int64_t q, std::span<const int64_t> rows) {
    distances_.resize(rows.size() + RowGroup::kSlack);
    if (job().settings.ranking == Ranking::kScaledDistance) {
      ComputeSquaredDistances(q, rows);
      return;
    }
    group_.Load(rows);
    group_.Correlations(View(q), distances_.data());
    for (size_t j = 0; j < rows.size(); ++j) {
      distances_[j] = DistanceOf(distances_[j], job().settings.ranking);
    }
  }

  // Scaled distances are squared until the nearest are known: a search decides ties in the same way.
  void ComputeSquaredDistances(int64_t q, std::span<const int64_t> rows) {
    const ScaledPoints& points = job().model.points();
    const auto count = std::ssize(rows);
    const int64_t stride = count + ScaledPoints::kPadding;
    coordinates_.resize(static_cast<size_t>(stride * points.dimensions()));
    points.CopySelected(rows, coordinates_.data(), stride);
    std::fill(distances_.begin(), distances_.end(), std::numeric_limits<double>::infinity());
    LowerSquaredDistances({coordinates_.data(), stride, points.dimensions(), count}, View(q).point,
                          distances_.data());
  }

  RowGroup group_;
  std::vector<double> distances_;
  std::vector<double> coordinates_;
  std::vector<Neighbor> neighbors_;
};

class ConditionalWorker : public ListWorker {
 public:
  ConditionalWorker(const SearchJob& job, const RowLists& lists, const VariancesArray& variances,
                    int index)
      : ListWorker(job, lists, index), variances_(variances), selection_(job.model) {}

  void Solve(int64_t q) {
    const std::span<const int64_t> rows = ReadCandidates(q);
    selection_.Select(View(q), rows, job().settings.k, pace());
    const std::span<const Pick> picks = selection_.picks();
    neighbors_.clear();
    for (const Pick& pick : picks) {
      neighbors_.push_back({DistanceOf(pick.rho, Ranking::kAbsolute), pick.row});
    }
    uninformative_picks_ += std::ssize(picks) - selection_.informative();
    if (!picks.empty() && selection_.informative() == 0) ++uninformative_queries_;
    if (variances_.values != nullptr) WriteVariances(q);
    job().results.Write(block(), q, neighbors_);
  }

  [[nodiscard]] int64_t uninformative_queries() const { return uninformative_queries_; }
  [[nodiscard]] int64_t uninformative_picks() const { return uninformative_picks_; }

 private:
  void WriteVariances(int64_t q) {
    const std::span<const Pick> picks = selection_.picks();
    const int64_t k = job().settings.k;
    const int64_t slot = block().slot[q];
    const int64_t step = variances_.dimension_major ? job().queries.size() : 1;
    double* out = variances_.values + (variances_.dimension_major ? slot : slot * k);
    double share = 1;
    for (int64_t rank = 0; rank < k; ++rank) {
      if (rank < std::ssize(picks)) share = picks[rank].unexplained;
      out[rank * step] = block().residual_variance[q] * share;
    }
  }

  VariancesArray variances_;
  ConditionalSelection selection_;
  std::vector<Neighbor> neighbors_;
  int64_t uninformative_queries_ = 0;
  int64_t uninformative_picks_ = 0;
};

template <class Worker>
SearchStatistics SearchLists(const SearchJob& job, std::vector<Worker>& workers) {
  const int64_t size = job.queries.size();
  const int64_t tasks = (size + kQueriesOfTask - 1) / kQueriesOfTask;
  // Queries that are near each other in space have many candidates in common, whose V is then still in the caches.
  const std::vector<int64_t> order = OrderInSpace(job, kQueriesOfTask);
  job.monitor.Start(std::max<int64_t>(size, 1));
  const auto threads = static_cast<int>(workers.size());
  ParallelFor(threads, tasks, job.monitor, [&](int64_t task, int worker) {
    const int64_t first = task * kQueriesOfTask;
    const int64_t count = std::min(kQueriesOfTask, size - first);
    workers[worker].Load({order.data() + first, static_cast<size_t>(count)});
    for (int64_t q = 0; q < count; ++q) workers[worker].Solve(q);
    job.monitor.Advance(count);
  });
  SearchStatistics statistics;
  statistics.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  statistics.reason = RESIDUAL_KNN_REASON_CANDIDATE_LISTS;
  statistics.threads = threads;
  for (const Worker& worker : workers) statistics.candidates += worker.candidates();
  statistics.pairs = statistics.candidates;
  statistics.AddCanonical(statistics.candidates);
  statistics.coarse_queries = job.queries.coarse();
  return statistics;
}

int ThreadsOf(const SearchJob& job) {
  return UsableThreads(job.model.callback(), job.settings.threads);
}

}  // namespace

SearchStatistics NearestOfLists(const SearchJob& given, const RowLists& lists) {
  InformativeSink results(given.model, given.results);
  const bool by_correlation = given.settings.ranking != Ranking::kScaledDistance;
  ResultSink& sink = by_correlation ? results : given.results;
  const SearchJob job{given.model, given.queries, given.settings, sink, given.monitor};
  std::vector<NearestWorker> workers;
  workers.reserve(static_cast<size_t>(ThreadsOf(job)));
  for (int i = 0; i < ThreadsOf(job); ++i) workers.emplace_back(job, lists, i);
  SearchStatistics statistics = SearchLists(job, workers);
  statistics.candidates = 0;
  statistics.uninformative_queries = results.uninformative();
  MeasureNearest(job, statistics);
  return statistics;
}

SearchStatistics ConditionalSetsOfLists(const SearchJob& job, const RowLists& lists,
                                        const VariancesArray& variances) {
  std::vector<ConditionalWorker> workers;
  workers.reserve(static_cast<size_t>(ThreadsOf(job)));
  for (int i = 0; i < ThreadsOf(job); ++i) workers.emplace_back(job, lists, variances, i);
  SearchStatistics statistics = SearchLists(job, workers);
  for (const ConditionalWorker& worker : workers) {
    statistics.uninformative_queries += worker.uninformative_queries();
    statistics.uninformative_picks += worker.uninformative_picks();
  }
  MeasureNearest(job, statistics);
  return statistics;
}

}  // namespace residual_knn
