// The only door to BLAS. Every product runs on the calling thread; parallelism is ours.
#pragma once

#include <cstdint>

namespace residual_knn::blas {

// out = a b^T: a is rows x m, b columns x m, out rows x columns, all row-major and dense. Last bits
// depend on the shape of the block and on the core that OpenBLAS believes it runs on: results may screen,
// never decide.
void MultiplyTransposed(const double* a, int64_t rows, const double* b, int64_t columns, int64_t m,
                        double* out);
void MultiplyTransposed(const float* a, int64_t rows, const float* b, int64_t columns, int64_t m,
                        float* out);

// out = a b: a is rows x inner, b inner x columns with `b_stride` from row to row, out rows x columns with
// `out_stride`. No bit of it may decide either.
void Multiply(const float* a, int64_t rows, const float* b, int64_t b_stride, int64_t columns,
              int64_t inner, float* out, int64_t out_stride);

// Name, version and core type of the BLAS in use; static.
const char* Description();

}  // namespace residual_knn::blas
