// One search: queries in, neighbors out, by a strategy of choice.
#pragma once

#include <cstdint>
#include <span>

#include "model/residual_model.h"
#include "parallel/monitor.h"
#include "search/query_set.h"
#include "search/ranking.h"

namespace residual_knn {

class Prepared;

struct SearchSettings {
  int64_t k = 1;
  Ranking ranking = Ranking::kAbsolute;
  int32_t strategy = RESIDUAL_KNN_AUTOMATIC;
  int threads = 1;
  int64_t tile_queries = 0;     // 0: chosen here
  int64_t tile_candidates = 0;  // 0: chosen here
};

struct SearchStatistics {
  int32_t strategy = RESIDUAL_KNN_AUTOMATIC;
  int threads = 0;
  int64_t pairs = 0;
  int64_t pairs_scored = 0;
  int64_t pairs_rescored = 0;
  int32_t reason = RESIDUAL_KNN_REASON_REQUESTED;
  int64_t coarse_blocks = 0;
  double tree_seconds = 0;
  int64_t pivots_scored = 0;
  int64_t pivots_coupled = 0;
  int64_t blocks_bounded = 0;
  int64_t blocks_dismissed = 0;
  int64_t points_bounded = 0;
  int64_t survivors = 0;
  int64_t scored_in_low_precision = 0;
  int64_t uninformative_queries = 0;
  double nearest_lengthscales = 0;
  CoarsePoints coarse_queries;
  // That the workers of brute force spent, all together: its speed, whatever thread had the longest queries.
  double scan_seconds = 0;

  // What brute force counts, of a part of the queries.
  void AddCounts(const SearchStatistics& part) {
    pairs_scored += part.pairs_scored;
    pairs_rescored += part.pairs_rescored;
    scored_in_low_precision += part.scored_in_low_precision;
    scan_seconds += part.scan_seconds;
  }
};

// Threads that may search: a callback that is not concurrent is called from the calling thread alone.
inline int UsableThreads(const ResidualModel& model, int threads) {
  const CovarianceCallback& callback = model.callback();
  return callback.function != nullptr && !callback.concurrent ? 1 : threads;
}

// Where neighbors go. Write is called once for each query, from any worker.
class ResultSink {
 public:
  ResultSink() = default;
  ResultSink(const ResultSink&) = delete;
  ResultSink& operator=(const ResultSink&) = delete;
  virtual ~ResultSink() = default;
  // At most k neighbors of a query of `block`, in order.
  virtual void Write(const QueryBlock& block, int64_t query,
                     std::span<const Neighbor> neighbors) = 0;
};

// settings.strategy has been checked.
SearchStatistics Search(const ResidualModel& model, Prepared& prepared, const QuerySet& queries,
                        const SearchSettings& settings, ResultSink& results, Monitor& monitor);

}  // namespace residual_knn
