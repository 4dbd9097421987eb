// Which candidates fill a set up when none of them is informative.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace residual_knn {

// Sorts ascending places of candidates by |rho|, the largest first. Ties stay in the order of rows.
inline void SortForFilling(std::vector<int64_t>& places, const std::vector<double>& rho) {
  std::stable_sort(places.begin(), places.end(),
                   [&](int64_t a, int64_t b) { return std::abs(rho[a]) > std::abs(rho[b]); });
}

}  // namespace residual_knn
