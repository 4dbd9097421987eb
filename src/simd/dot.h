// The canonical product of two rows of V, from which canonical scores and distances are computed.
#pragma once

#include <cstdint>

namespace residual_knn {

// out[c] = a . rows[candidates[c]], where row j begins at rows + j * m and all have m values. The
// value depends on the two rows alone (and on the SIMD target), not on their places.
void DotRows(const double* a, const double* rows, int64_t m, const int64_t* candidates,
             int64_t count, double* out);

// The same in single precision, only for screening with a proved margin.
void DotRows(const float* a, const float* rows, int64_t m, const int64_t* candidates, int64_t count,
             float* out);

}  // namespace residual_knn
