// The products of blas.h in a library without BLAS: our own kernels.
#ifdef RESIDUAL_KNN_NO_BLAS

#include "blas/blas.h"
#include "simd/matrix_product.h"

namespace residual_knn::blas {

void MultiplyTransposed(const double* a, int64_t rows, const double* b, int64_t columns, int64_t m,
                        double* out) {
  ProductTransposed(a, rows, b, columns, m, out);
}

void MultiplyTransposed(const float* a, int64_t rows, const float* b, int64_t columns, int64_t m,
                        float* out) {
  ProductTransposed(a, rows, b, columns, m, out);
}

void Multiply(const float* a, int64_t rows, const float* b, int64_t columns, int64_t inner,
              float* out) {
  Product(a, rows, b, columns, inner, out);
}

const char* Description() { return "none; products of this library"; }

}  // namespace residual_knn::blas

#endif
