// Statistics of a search that was made in several calls of the library.
#pragma once

#include <cstdint>

#include "residual_knn.h"

namespace residual_knn::cli {

// Adds the statistics of one call to those of the calls before it. `first_query` is the number of its first query in the
// whole search. `sum` begins as residual_knn_statistics_init makes it.
void AddStatistics(const residual_knn_statistics& call, int64_t first_query,
                   residual_knn_statistics* sum);

}  // namespace residual_knn::cli
