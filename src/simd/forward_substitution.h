// L x = b for many right-hand sides at once, one in each SIMD lane.
#pragma once

#include <cstdint>

namespace residual_knn {

// Number of right-hand sides that one call solves.
inline constexpr int64_t kPanelWidth = 32;

// Solves L X = B in place. `lower` is m x m, row-major with `stride` doubles from row to row, its upper triangle is
// not read; `panel` is m x kPanelWidth, row-major, aligned to 64 bytes. The bits of a column depend on that column
// alone. That is why V is not computed by a BLAS, whose last bits depend on the place of a column in its block.
// squares[c] receives the sum of squares of column c of X.
void ForwardSubstitute(const double* lower, int64_t stride, int64_t m, double* panel,
                       double* squares);

// Rows [begin, end) of the solution; the rows before must be solved already. Solving row ranges one after the other
// gives the same bits as all rows at once. Adds to `squares`; if begin is 0, sets them to 0 first.
void ForwardSubstituteRows(const double* lower, int64_t stride, int64_t begin, int64_t end,
                           double* panel, double* squares);

// The number of columns of a wider panel is a multiple of this.
inline constexpr int64_t kColumnUnit = 16;
// `count` rounded up to a multiple of kColumnUnit.
inline int64_t ColumnWidth(int64_t count) {
  return (count + kColumnUnit - 1) / kColumnUnit * kColumnUnit;
}

// A panel of any width, or some columns of it. Row r begins at values + r * stride, aligned to 64 bytes. `stride` and
// `columns` are multiples of kColumnUnit.
struct PanelView {
  double* values;
  int64_t stride;
  int64_t columns;
};

// The same for such a panel.
void ForwardSubstituteColumns(const double* lower, int64_t stride, int64_t m,
                              const PanelView& panel, double* squares);

}  // namespace residual_knn
