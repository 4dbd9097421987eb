// The vector functions ExpOfNegative and ExpOfNegative32 as functions of arrays, on the target of the dispatch.
#pragma once

#include <cstdint>

namespace residual_knn_test {

// out[i] = ExpOfNegative(x[i]); count must be a multiple of 8.
void ExpArray(const double* x, int64_t count, double* out);

// The same for ExpOfNegative32; count must be a multiple of 16.
void ExpArray32(const float* x, int64_t count, float* out);

}  // namespace residual_knn_test
