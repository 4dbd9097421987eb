// Forward substitution of one panel that looks at the monitor, because a panel of thousands of rows takes long.
#pragma once

#include <algorithm>
#include <cstdint>

#include "parallel/pace.h"
#include "simd/forward_substitution.h"

namespace residual_knn {

// As ForwardSubstitute, with the same bits.
inline void ForwardSubstitutePaced(const double* lower, int64_t stride, int64_t m, double* panel,
                                   double* squares, Pace& pace) {
  constexpr int64_t kRows = 96;
  for (int64_t begin = 0; begin < m;) {
    // Each step takes kRows rows. The rows that do not fill a step come first, where there is least to subtract.
    const int64_t end = begin == 0 && m % kRows > 0 ? m % kRows : begin + kRows;
    ForwardSubstituteRows(lower, stride, begin, end, panel, squares);
    pace.Spend((end - begin) * end * kPanelWidth / Pace::kMultiplications);
    begin = end;
  }
}

}  // namespace residual_knn
