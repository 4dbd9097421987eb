// Products of rows of V in single precision, for screening inside a proved margin.
#pragma once

#include <cstdint>

namespace residual_knn {

// out[c] = a . rows[candidates[c]], where row j begins at rows + j * m and all have m values.
void DotRows(const float* a, const float* rows, int64_t m, const int64_t* candidates, int64_t count,
             float* out);

}  // namespace residual_knn
