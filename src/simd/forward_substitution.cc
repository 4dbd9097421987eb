#include "simd/forward_substitution.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/forward_substitution.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "base/assert.h"
#include "simd/dispatch.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
// At most 8 doubles in a vector, so that kPanelWidth is a multiple of the vector of every target.
using Tag = hn::CappedTag<double, 8>;
using Vector = hn::Vec<Tag>;

// Rows [row, row + kRows) of the solution for 2 vectors of right-hand sides. Earlier rows are read once for all kRows
// rows, so that the multiply-adds do not wait for memory.
template <int kRows>
HWY_INLINE void SolveRows(const double* HWY_RESTRICT lower, int64_t stride, int64_t row,
                          double* HWY_RESTRICT panel, int64_t panel_stride, Vector (&squares)[2]) {
  const Tag d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  Vector x0[kRows];
  Vector x1[kRows];
  for (int i = 0; i < kRows; ++i) {
    x0[i] = hn::Load(d, panel + (row + i) * panel_stride);
    x1[i] = hn::Load(d, panel + (row + i) * panel_stride + lanes);
  }
  const double* HWY_RESTRICT lower_rows = lower + row * stride;
  for (int64_t c = 0; c < row; ++c) {
    const Vector v0 = hn::Load(d, panel + c * panel_stride);
    const Vector v1 = hn::Load(d, panel + c * panel_stride + lanes);
    for (int i = 0; i < kRows; ++i) {
      const Vector l = hn::Set(d, lower_rows[i * stride + c]);
      x0[i] = hn::NegMulAdd(l, v0, x0[i]);
      x1[i] = hn::NegMulAdd(l, v1, x1[i]);
    }
  }
  for (int i = 0; i < kRows; ++i) {
    for (int c = 0; c < i; ++c) {
      const Vector l = hn::Set(d, lower_rows[i * stride + row + c]);
      x0[i] = hn::NegMulAdd(l, x0[c], x0[i]);
      x1[i] = hn::NegMulAdd(l, x1[c], x1[i]);
    }
    const Vector pivot = hn::Set(d, lower_rows[i * stride + row + i]);
    x0[i] = hn::Div(x0[i], pivot);
    x1[i] = hn::Div(x1[i], pivot);
    squares[0] = hn::MulAdd(x0[i], x0[i], squares[0]);
    squares[1] = hn::MulAdd(x1[i], x1[i], squares[1]);
    hn::Store(x0[i], d, panel + (row + i) * panel_stride);
    hn::Store(x1[i], d, panel + (row + i) * panel_stride + lanes);
  }
}

}  // namespace

void ForwardSubstituteTarget(const double* lower, int64_t stride, int64_t begin, int64_t end,
                             const PanelView& panel, double* squares) {
  const Tag d;
  const int64_t panel_stride = panel.stride;
  const int64_t columns = panel.columns;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  constexpr int kRows = 6;
  for (int64_t column = 0; column < columns; column += 2 * lanes) {
    double* HWY_RESTRICT strip = panel.values + column;
    Vector sums[2];
    sums[0] = begin == 0 ? hn::Zero(d) : hn::LoadU(d, squares + column);
    sums[1] = begin == 0 ? hn::Zero(d) : hn::LoadU(d, squares + column + lanes);
    // The rows that do not fill a step come first, where there is least to subtract.
    int64_t row = begin;
    for (; (end - row) % kRows != 0; ++row) {
      SolveRows<1>(lower, stride, row, strip, panel_stride, sums);
    }
    for (; row < end; row += kRows) {
      SolveRows<kRows>(lower, stride, row, strip, panel_stride, sums);
    }
    hn::StoreU(sums[0], d, squares + column);
    hn::StoreU(sums[1], d, squares + column + lanes);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
HWY_EXPORT(ForwardSubstituteTarget);

void ForwardSubstitute(const double* lower, int64_t stride, int64_t m, double* panel,
                       double* squares) {
  ForwardSubstituteColumns(lower, stride, m, {panel, kPanelWidth, kPanelWidth}, squares);
}

void ForwardSubstituteColumns(const double* lower, int64_t stride, int64_t m,
                              const PanelView& panel, double* squares) {
  RESIDUAL_KNN_ASSERT(panel.columns % kColumnUnit == 0 && panel.stride % kColumnUnit == 0);
  RESIDUAL_KNN_ASSERT(panel.columns <= panel.stride && m <= stride);
  Chosen(HWY_DISPATCH_TABLE(ForwardSubstituteTarget))(lower, stride, 0, m, panel, squares);
}

void ForwardSubstituteRows(const double* lower, int64_t stride, int64_t begin, int64_t end,
                           double* panel, double* squares) {
  Chosen(HWY_DISPATCH_TABLE(ForwardSubstituteTarget))(lower, stride, begin, end,
                                                      {panel, kPanelWidth, kPanelWidth}, squares);
}
}  // namespace residual_knn
#endif
