// The vector function ExpOfNegative as a function of arrays, on the target of the dispatch.
#pragma once

#include <cstdint>

namespace residual_knn_test {

// out[i] = ExpOfNegative(x[i]); count must be a multiple of 8.
void ExpArray(const double* x, int64_t count, double* out);

}  // namespace residual_knn_test
