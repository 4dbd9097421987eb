// What a screen has found, without the query itself and what it has met before.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/assert.h"
#include "simd/screen.h"

namespace residual_knn {

// Drops row `self` and the rows `met`, which ascend, from the first `found` survivors; returns how many are left. The
// survivors' numbers are places in `rows`, and become rows; where `rows` is empty they are rows already.
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
