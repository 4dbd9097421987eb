// Statistics of the work of a search. The fields have the meaning of those of residual_knn_statistics.
#pragma once

#include <cstdint>

#include "model/scaled_points.h"
#include "residual_knn.h"

namespace residual_knn {

// The work done, counted by each worker for itself and then added up.
struct SearchCounts {
  int64_t pairs_scored = 0;
  int64_t pairs_rescored = 0;
  int64_t pivots_scored = 0;
  int64_t pivots_coupled = 0;
  int64_t blocks_bounded = 0;
  int64_t blocks_dismissed = 0;
  int64_t points_bounded = 0;
  int64_t survivors = 0;
  int64_t scored_in_low_precision = 0;

  // Pairs whose first score is the canonical one.
  void AddCanonical(int64_t pairs) {
    pairs_scored += pairs;
    pairs_rescored += pairs;
  }

  void Add(const SearchCounts& part) {
    pairs_scored += part.pairs_scored;
    pairs_rescored += part.pairs_rescored;
    pivots_scored += part.pivots_scored;
    pivots_coupled += part.pivots_coupled;
    blocks_bounded += part.blocks_bounded;
    blocks_dismissed += part.blocks_dismissed;
    points_bounded += part.points_bounded;
    survivors += part.survivors;
    scored_in_low_precision += part.scored_in_low_precision;
  }
};

struct SearchStatistics : SearchCounts {
  int32_t strategy = RESIDUAL_KNN_AUTOMATIC;
  int threads = 0;
  int64_t pairs = 0;
  int32_t reason = RESIDUAL_KNN_REASON_REQUESTED;
  int64_t coarse_blocks = 0;
  double tree_seconds = 0;
  int64_t uninformative_queries = 0;
  double nearest_lengthscales = 0;
  CoarsePoints coarse_queries;
  int64_t candidates = 0;
  int64_t uninformative_picks = 0;
  // Seconds of work of brute force, summed over its threads.
  double scan_seconds = 0;

  // Adds what brute force counted for a part of the queries.
  void AddScan(const SearchStatistics& part) {
    Add(part);
    scan_seconds += part.scan_seconds;
  }
};

}  // namespace residual_knn
