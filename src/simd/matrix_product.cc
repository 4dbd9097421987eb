#include "simd/matrix_product.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/matrix_product.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "simd/dispatch.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Terms of the sums that a panel holds. A panel of single precision has 32 KiB with AVX-512.
constexpr int64_t kDepth = 256;
// Vectors in a row of a panel, and rows of `a` that meet a panel at once: their sums stay in registers, of which AVX-512
// has 32 and older targets have 16.
constexpr int kWide = 2;
constexpr int kRows = HWY_TARGET <= HWY_AVX3 ? 8 : 6;

// Numbers in a row of a panel, at most.
template <class T>
constexpr int64_t kMostWidth = kWide* int64_t{HWY_MAX_BYTES} / static_cast<int64_t>(sizeof(T));

template <class T>
struct Factors {
  const T* a;
  int64_t rows;
  const T* b;
  int64_t columns;
  int64_t terms;
  T* out;
};

// Columns of the result, and terms of their sums.
struct Part {
  int64_t column;
  int64_t width;
  int64_t term;
  int64_t depth;
};

template <class T>
HWY_INLINE int64_t PanelWidth() {
  return kWide * static_cast<int64_t>(hn::Lanes(hn::ScalableTag<T>()));
}

// panel[k * PanelWidth() + j] is the factor of term k for column j, 0 beyond the last column. `at(k, j)` is where it is.
template <class T, class At>
HWY_INLINE void FillPanel(const Part& part, const At& at, T* HWY_RESTRICT panel) {
  const int64_t stride = PanelWidth<T>();
  for (int64_t k = 0; k < part.depth; ++k) {
    T* row = panel + k * stride;
    for (int64_t j = 0; j < part.width; ++j) row[j] = *at(part.term + k, part.column + j);
    std::fill(row + part.width, row + stride, T{0});
  }
}

// The products of kCount rows of `a`, the first of which is `row`, with a panel, added to the result if the part is not
// the first.
template <int kCount, class T>
HWY_INLINE void MultiplyRows(const Factors<T>& factors, const Part& part, int64_t row,
                             const T* HWY_RESTRICT panel) {
  const hn::ScalableTag<T> d;
  using Vector = hn::Vec<decltype(d)>;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const T* HWY_RESTRICT a = factors.a + row * factors.terms + part.term;
  Vector sums[kCount][kWide];
  for (int r = 0; r < kCount; ++r) {
    for (int w = 0; w < kWide; ++w) sums[r][w] = hn::Zero(d);
  }
  for (int64_t k = 0; k < part.depth; ++k) {
    Vector b[kWide];
    for (int w = 0; w < kWide; ++w) b[w] = hn::LoadU(d, panel + (k * kWide + w) * lanes);
    for (int r = 0; r < kCount; ++r) {
      const Vector value = hn::Set(d, a[r * factors.terms + k]);
      for (int w = 0; w < kWide; ++w) sums[r][w] = hn::MulAdd(value, b[w], sums[r][w]);
    }
  }
  const int64_t width = PanelWidth<T>();
  HWY_ALIGN T results[kCount * kMostWidth<T>];
  for (int r = 0; r < kCount; ++r) {
    for (int w = 0; w < kWide; ++w) hn::Store(sums[r][w], d, results + r * width + w * lanes);
  }
  for (int r = 0; r < kCount; ++r) {
    const T* HWY_RESTRICT from = results + r * width;
    T* HWY_RESTRICT out = factors.out + (row + r) * factors.columns + part.column;
    if (part.term == 0) {
      std::copy_n(from, part.width, out);
    } else {
      for (int64_t j = 0; j < part.width; ++j) out[j] += from[j];
    }
  }
}

template <class T, class At>
HWY_INLINE void Multiply(const Factors<T>& factors, const At& at) {
  if (factors.terms == 0) std::fill_n(factors.out, factors.rows * factors.columns, T{0});
  HWY_ALIGN T panel[kDepth * kMostWidth<T>];
  const int64_t width = PanelWidth<T>();
  for (int64_t term = 0; term < factors.terms; term += kDepth) {
    const int64_t depth = std::min(kDepth, factors.terms - term);
    for (int64_t column = 0; column < factors.columns; column += width) {
      const Part part{column, std::min(width, factors.columns - column), term, depth};
      FillPanel(part, at, panel);
      int64_t row = 0;
      for (; row + kRows <= factors.rows; row += kRows) {
        MultiplyRows<kRows>(factors, part, row, panel);
      }
      for (; row < factors.rows; ++row) MultiplyRows<1>(factors, part, row, panel);
    }
  }
}

template <class T>
HWY_INLINE void MultiplyTransposed(const Factors<T>& factors) {
  Multiply(factors, [&](int64_t k, int64_t j) { return factors.b + j * factors.terms + k; });
}

}  // namespace

void ProductTransposedTarget(const double* a, int64_t rows, const double* b, int64_t columns,
                             int64_t m, double* out) {
  MultiplyTransposed(Factors<double>{a, rows, b, columns, m, out});
}

void ProductTransposed32Target(const float* a, int64_t rows, const float* b, int64_t columns,
                               int64_t m, float* out) {
  MultiplyTransposed(Factors<float>{a, rows, b, columns, m, out});
}

void Product32Target(const float* a, int64_t rows, const float* b, int64_t columns, int64_t inner,
                     float* out) {
  Multiply(Factors<float>{a, rows, b, columns, inner, out},
           [&](int64_t k, int64_t j) { return b + k * columns + j; });
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
HWY_EXPORT(ProductTransposedTarget);
HWY_EXPORT(ProductTransposed32Target);
HWY_EXPORT(Product32Target);

void ProductTransposed(const double* a, int64_t rows, const double* b, int64_t columns, int64_t m,
                       double* out) {
  Chosen(HWY_DISPATCH_TABLE(ProductTransposedTarget))(a, rows, b, columns, m, out);
}

void ProductTransposed(const float* a, int64_t rows, const float* b, int64_t columns, int64_t m,
                       float* out) {
  Chosen(HWY_DISPATCH_TABLE(ProductTransposed32Target))(a, rows, b, columns, m, out);
}

void Product(const float* a, int64_t rows, const float* b, int64_t columns, int64_t inner,
             float* out) {
  Chosen(HWY_DISPATCH_TABLE(Product32Target))(a, rows, b, columns, inner, out);
}
}  // namespace residual_knn
#endif
