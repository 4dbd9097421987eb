// A search for neighbors of rows whose outputs show whether it touched them.
#pragma once

#include <cstdint>
#include <vector>

#include "support/api_objects.h"
#include "support/poisoned.h"

namespace residual_knn_test {

struct PoisonedSearch {
  residual_knn_status status;
  bool neighbors_untouched;
  bool distances_untouched;
};

// residual_knn_neighbors or, for `narrow`, residual_knn_neighbors_int32, for at most 100 places.
inline PoisonedSearch SearchRows(const residual_knn_index* index, const std::vector<int64_t>& rows,
                                 const residual_knn_search_options& options, int32_t k,
                                 bool narrow) {
  Poisoned<double> distances(100);
  if (narrow) {
    const std::vector<int32_t> rows32 = Narrow(rows, 0, -1);
    Poisoned<int32_t> neighbors(100);
    const residual_knn_status status =
        residual_knn_neighbors_int32(index, rows32.data(), std::ssize(rows32), &options, k, 0, -1,
                                     neighbors.data(), distances.data(), nullptr);
    return {status, neighbors.untouched(), distances.untouched()};
  }
  Poisoned<int64_t> neighbors(100);
  const residual_knn_status status =
      residual_knn_neighbors(index, rows.data(), std::ssize(rows), &options, k, neighbors.data(),
                             distances.data(), nullptr);
  return {status, neighbors.untouched(), distances.untouched()};
}

}  // namespace residual_knn_test
