// The settings of a search, apart from its queries.
#pragma once

#include <cstdint>
#include <optional>

#include "query/left_queries.h"
#include "query/ranking.h"
#include "residual_knn.h"

namespace residual_knn {

// How a search is made, and why, of enum residual_knn_reason.
struct SearchChoice {
  int32_t strategy = RESIDUAL_KNN_AUTOMATIC;
  int32_t reason = RESIDUAL_KNN_REASON_REQUESTED;
};

// What a search of many queries has chosen for all its parts.
struct LargerSearch {
  SearchChoice by_correlation;
  SearchChoice by_scaled_distance;
};

struct SearchSettings {
  int64_t k = 1;  // 0 if least_correlation is set
  // If set, the search finds all candidates whose |rho| (rho in signed ranking) is at least this, and not the k nearest.
  // It is between 0 and 1.
  std::optional<double> least_correlation;
  // Whether the statistics count queries without informative neighbors. Not if a query has no fixed number of neighbors.
  bool counts_informative = true;
  Ranking ranking = Ranking::kAbsolute;
  int32_t strategy = RESIDUAL_KNN_AUTOMATIC;
  int threads = 1;
  int64_t tile_queries = 0;     // 0: the scan chooses
  int64_t tile_candidates = 0;  // 0: the scan chooses
  // Set if the search is a part of a larger one, which has chosen how to search, and which describes the whole answer.
  // Must outlive the search. `strategy` has no effect then.
  const LargerSearch* part_of = nullptr;
  // If set, a search by tree adds its queries for brute force to these and does not answer them. Must outlive the search.
  LeftQueries* left = nullptr;
};

}  // namespace residual_knn
