// What a run tells about its search.
#pragma once

#include <cstdint>

#include "residual_knn.h"
#include "tools/query_range.h"

namespace residual_knn::cli {

struct SearchReport {
  QueryRange range;             // the queries of the slice
  int64_t resumed_queries = 0;  // those among them that earlier runs had searched
  residual_knn_statistics statistics{};
};

}  // namespace residual_knn::cli
