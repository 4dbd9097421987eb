// What a tree search counts; one for each worker, added up at the end.
#pragma once

#include <cstdint>

#include "query/search_statistics.h"

namespace residual_knn {

struct TreeCounters {
  int64_t pairs_scored = 0;
  int64_t pairs_rescored = 0;
  int64_t pivots_scored = 0;
  int64_t pivots_coupled = 0;
  int64_t blocks_bounded = 0;
  int64_t blocks_dismissed = 0;
  int64_t points_bounded = 0;
  int64_t survivors = 0;
  int64_t scored_in_low_precision = 0;

  void AddTo(SearchStatistics& statistics) const {
    statistics.pairs_scored += pairs_scored;
    statistics.pairs_rescored += pairs_rescored;
    statistics.pivots_scored += pivots_scored;
    statistics.pivots_coupled += pivots_coupled;
    statistics.blocks_bounded += blocks_bounded;
    statistics.blocks_dismissed += blocks_dismissed;
    statistics.points_bounded += points_bounded;
    statistics.survivors += survivors;
    statistics.scored_in_low_precision += scored_in_low_precision;
  }
};

}  // namespace residual_knn
