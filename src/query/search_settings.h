// The settings of a search, apart from its queries.
#pragma once

#include <cstdint>

#include "query/ranking.h"
#include "residual_knn.h"

namespace residual_knn {

struct SearchSettings {
  int64_t k = 1;
  Ranking ranking = Ranking::kAbsolute;
  int32_t strategy = RESIDUAL_KNN_AUTOMATIC;
  int threads = 1;
  int64_t tile_queries = 0;     // 0: the scan chooses
  int64_t tile_candidates = 0;  // 0: the scan chooses
};

}  // namespace residual_knn
