// The only door to BLAS and LAPACK. Every product runs on the calling thread; parallelism is ours.
#pragma once

#include <cstdint>

namespace residual_knn::blas {

// out = a b^T: a is rows x m, b columns x m, out rows x columns, all row-major and dense. Last bits
// depend on the shape of the block: results may screen, never decide.
void MultiplyTransposed(const double* a, int64_t rows, const double* b, int64_t columns, int64_t m,
                        double* out);

// out -= a b^T with leading dimensions (distance in doubles between rows).
void SubtractProductTransposed(const double* a, int64_t lda, int64_t rows, const double* b, int64_t ldb,
                               int64_t columns, int64_t m, double* out, int64_t ldout);

// Lower Cholesky factor of the n x n row-major block at `block`, in place; its strict upper triangle is
// neither read nor written. Returns -1, or the 0-based pivot that is not positive.
int64_t Cholesky(double* block, int64_t n, int64_t ld);

// b = b L^-T: L is the n x n lower factor at `lower`, b rows x n; both row-major.
void SolveLowerTransposed(const double* lower, int64_t ldl, int64_t n, double* b, int64_t ldb,
                          int64_t rows);

// Name, version and core type of the BLAS in use; static.
const char* Description();

}  // namespace residual_knn::blas
