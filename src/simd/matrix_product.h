// Products of dense row-major matrices, for builds without BLAS. They run on the calling thread and take no memory but
// the stack. The last bits depend on the SIMD target and on the shape of the matrices.
#pragma once

#include <cstdint>

namespace residual_knn {

// out = a b^T: a is rows x m, b columns x m, out rows x columns.
void ProductTransposed(const double* a, int64_t rows, const double* b, int64_t columns, int64_t m,
                       double* out);
void ProductTransposed(const float* a, int64_t rows, const float* b, int64_t columns, int64_t m,
                       float* out);

// out = a b: a is rows x inner, b inner x columns, out rows x columns.
void Product(const float* a, int64_t rows, const float* b, int64_t columns, int64_t inner,
             float* out);

}  // namespace residual_knn
