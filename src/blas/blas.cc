#include "blas/blas.h"

#include <cblas.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <string>

#include "base/error.h"

extern "C" {
#ifdef RESIDUAL_KNN_PRIVATE_BLAS
int blas_thread_shutdown_(void);
#endif
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info);
}

namespace residual_knn::blas {
namespace {

// OpenBLAS starts with a pool of threads. Ours is a private copy: one thread, and no pool to hang a
// forked child or to oversubscribe the host.
void Prepare() {
#ifdef RESIDUAL_KNN_PRIVATE_BLAS
  static std::once_flag once;
  std::call_once(once, [] {
    openblas_set_num_threads(1);
    blas_thread_shutdown_();
  });
#endif
}

// BLAS sizes are int. Larger ones cannot reach this point unless a caller of ours forgot to tile.
blasint Size(int64_t value) {
  if (value < 0 || value > std::numeric_limits<blasint>::max()) {
    throw Error(RESIDUAL_KNN_ERROR_INTERNAL, "BLAS size " + std::to_string(value));
  }
  return static_cast<blasint>(value);
}

}  // namespace

void MultiplyTransposed(const double* a, int64_t rows, const double* b, int64_t columns, int64_t m,
                        double* out) {
  Prepare();
  if (rows == 0 || columns == 0) return;
  if (m == 0) {
    std::fill_n(out, rows * columns, 0.0);
    return;
  }
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, Size(rows), Size(columns), Size(m), 1.0, a,
              Size(m), b, Size(m), 0.0, out, Size(columns));
}

void SubtractProductTransposed(const double* a, int64_t lda, int64_t rows, const double* b, int64_t ldb,
                               int64_t columns, int64_t m, double* out, int64_t ldout) {
  Prepare();
  if (rows == 0 || columns == 0 || m == 0) return;
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, Size(rows), Size(columns), Size(m), -1.0, a,
              Size(lda), b, Size(ldb), 1.0, out, Size(ldout));
}

int64_t Cholesky(double* block, int64_t n, int64_t ld) {
  Prepare();
  if (n == 0) return -1;
  // The lower triangle of a row-major matrix is the upper one of LAPACK's column-major view.
  const int size = Size(n);
  const int stride = Size(ld);
  int info = 0;
  dpotrf_("U", &size, block, &stride, &info);
  if (info < 0) throw Error(RESIDUAL_KNN_ERROR_INTERNAL, "dpotrf argument " + std::to_string(-info));
  return info - 1;
}

void SolveLowerTransposed(const double* lower, int64_t ldl, int64_t n, double* b, int64_t ldb,
                          int64_t rows) {
  Prepare();
  if (n == 0 || rows == 0) return;
  cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, Size(rows), Size(n), 1.0,
              lower, Size(ldl), b, Size(ldb));
}

const char* Description() {
  static const std::string text = [] {
    std::string name = openblas_get_config();
    const size_t end = name.find_last_not_of(' ');
    name.erase(end == std::string::npos ? 0 : end + 1);
    return name + " core " + openblas_get_corename();
  }();
  return text.c_str();
}

}  // namespace residual_knn::blas
