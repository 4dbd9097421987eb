#ifndef RESIDUAL_KNN_NO_BLAS  // see without_blas.cc

#include "blas/blas.h"

#include <cblas.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/error.h"
#include "blas/openblas_host.h"
#include "blas/work_buffer.h"

namespace residual_knn::blas {
namespace {

// Sizes in BLAS are of type int. A larger size means that a caller in this library did not cut its product into
// tiles.
blasint Size(int64_t value) {
  if (value < 0 || value > std::numeric_limits<blasint>::max()) {
    throw Error(RESIDUAL_KNN_ERROR_INTERNAL, "BLAS size " + std::to_string(value));
  }
  return static_cast<blasint>(value);
}

// out = a b', computed by `gemm`, BLAS's function for this precision.
template <class Value, class Gemm>
void MultiplyTransposedBy(const Gemm& gemm, const Value* a, int64_t rows, const Value* b,
                          int64_t columns, int64_t m, Value* out) {
  RESIDUAL_KNN_ASSERT(rows >= 0 && columns >= 0 && m >= 0);
  if (rows == 0 || columns == 0) return;
  if (m == 0) {
    std::fill_n(out, rows * columns, Value{0});
    return;
  }
  const WorkBuffer buffer;
  gemm(CblasRowMajor, CblasNoTrans, CblasTrans, Size(rows), Size(columns), Size(m), Value{1}, a,
       Size(m), b, Size(m), Value{0}, out, Size(columns));
}

// The text is made when the library is loaded. Later there might be no memory for it, or the process might be forked
// while it is made.
class DescriptionText {
 public:
  DescriptionText() {
    ChooseKernels();
    const std::string_view config = openblas_get_config();
    const size_t end = config.find_last_not_of(' ');
    const auto length = static_cast<int>(end == std::string_view::npos ? 0 : end + 1);
    std::snprintf(text_.data(), text_.size(), "%.*s core %s", length, config.data(),
                  openblas_get_corename());
  }
  [[nodiscard]] const char* text() const { return text_.data(); }

 private:
  std::array<char, 256> text_{};
};

const DescriptionText description;

}  // namespace

void MultiplyTransposed(const double* a, int64_t rows, const double* b, int64_t columns, int64_t m,
                        double* out) {
  MultiplyTransposedBy(cblas_dgemm, a, rows, b, columns, m, out);
}

void MultiplyTransposed(const float* a, int64_t rows, const float* b, int64_t columns, int64_t m,
                        float* out) {
  MultiplyTransposedBy(cblas_sgemm, a, rows, b, columns, m, out);
}

void Multiply(const float* a, int64_t rows, const float* b, int64_t columns, int64_t inner,
              float* out) {
  if (rows == 0 || columns == 0) return;
  const WorkBuffer buffer;
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, Size(rows), Size(columns), Size(inner),
              1.0F, a, Size(std::max<int64_t>(inner, 1)), b, Size(columns), 0.0F, out,
              Size(columns));
}

const char* Description() { return description.text(); }

}  // namespace residual_knn::blas

#endif
