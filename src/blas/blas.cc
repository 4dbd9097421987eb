#include "blas/blas.h"

#include <cblas.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <semaphore>
#include <string>

#include "base/error.h"

#ifdef RESIDUAL_KNN_PRIVATE_BLAS
extern "C" int blas_thread_shutdown_(void);
#endif

namespace residual_knn::blas {
namespace {

// OpenBLAS has a table of work buffers with room for the threads it was built for (64 in Debian); with more
// callers at once it prints a warning and allocates more. Later callers wait for their turn instead.
class Turn {
 public:
  Turn() { Slots().acquire(); }
  ~Turn() { Slots().release(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  static constexpr int kCallersAtOnce = 32;
  static std::counting_semaphore<kCallersAtOnce>& Slots() {
    static std::counting_semaphore<kCallersAtOnce> slots(kCallersAtOnce);
    return slots;
  }
};

// BLAS sizes are int. Larger ones cannot reach this point unless a caller of ours forgot to tile.
blasint Size(int64_t value) {
  if (value < 0 || value > std::numeric_limits<blasint>::max()) {
    throw Error(RESIDUAL_KNN_ERROR_INTERNAL, "BLAS size " + std::to_string(value));
  }
  return static_cast<blasint>(value);
}

}  // namespace

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

namespace {

// out = a b', of either precision by `gemm`, whose scalars are of that precision.
template <class Value, class Gemm>
void MultiplyTransposedBy(const Gemm& gemm, const Value* a, int64_t rows, const Value* b,
                          int64_t columns, int64_t m, Value* out) {
  Prepare();
  if (rows == 0 || columns == 0) return;
  if (m == 0) {
    std::fill_n(out, rows * columns, Value{0});
    return;
  }
  const Turn turn;
  gemm(CblasRowMajor, CblasNoTrans, CblasTrans, Size(rows), Size(columns), Size(m), Value{1}, a,
       Size(m), b, Size(m), Value{0}, out, Size(columns));
}

}  // namespace

void MultiplyTransposed(const double* a, int64_t rows, const double* b, int64_t columns, int64_t m,
                        double* out) {
  MultiplyTransposedBy(cblas_dgemm, a, rows, b, columns, m, out);
}

void MultiplyTransposed(const float* a, int64_t rows, const float* b, int64_t columns, int64_t m,
                        float* out) {
  MultiplyTransposedBy(cblas_sgemm, a, rows, b, columns, m, out);
}

void Multiply(const float* a, int64_t rows, const float* b, int64_t b_stride, int64_t columns,
              int64_t inner, float* out, int64_t out_stride) {
  Prepare();
  if (rows == 0 || columns == 0) return;
  const Turn turn;
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, Size(rows), Size(columns), Size(inner),
              1.0F, a, Size(std::max<int64_t>(inner, 1)), b, Size(b_stride), 0.0F, out,
              Size(out_stride));
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
