// The library's only calls of BLAS. Every product runs on the calling thread; the library computes products in
// parallel on threads of its own.
#pragma once

#include <cstdint>

namespace residual_knn::blas {

// out = a b^T: a is rows x m, b columns x m, out rows x columns, all row-major and dense. The last bits depend on the
// shape of the matrices and on the kernels that OpenBLAS has chosen. So results may screen candidates, but never
// decide between them.
void MultiplyTransposed(const double* a, int64_t rows, const double* b, int64_t columns, int64_t m,
                        double* out);
void MultiplyTransposed(const float* a, int64_t rows, const float* b, int64_t columns, int64_t m,
                        float* out);

// out = a b: a is rows x inner, b inner x columns, out rows x columns, all row-major and dense. The result may only
// screen candidates.
void Multiply(const float* a, int64_t rows, const float* b, int64_t columns, int64_t inner,
              float* out);

// Name, version and core type of the BLAS in use; static.
const char* Description();

}  // namespace residual_knn::blas
