// Removes the query itself, and the rows that it has met before, from the survivors of a screen.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/assert.h"
#include "simd/screen.h"

namespace residual_knn {

// Drops row `self` and the rows `met`, which ascend, from the first `found` survivors; returns how many are left. The
// survivors' numbers are indices into `rows`, and become rows. If `rows` is empty, they are rows already.
inline size_t KeepOthers(const ScreenSurvivors& survivors, int64_t found,
                         std::span<const int64_t> rows, int64_t self,
                         std::span<const int64_t> met = {}) {
  RESIDUAL_KNN_ASSERT(std::is_sorted(met.begin(), met.end()));
  size_t kept = 0;
  for (int64_t s = 0; s < found; ++s) {
    const int64_t row = rows.empty() ? survivors.row[s] : rows[survivors.row[s]];
    if (row == self || std::binary_search(met.begin(), met.end(), row)) continue;
    survivors.row[kept] = row;
    survivors.score[kept] = survivors.score[s];
    survivors.covariance[kept++] = survivors.covariance[s];
  }
  return kept;
}

}  // namespace residual_knn
