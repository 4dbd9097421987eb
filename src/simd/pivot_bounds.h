// Bounds on residual correlations from pivots; the proof is in src/tree/pivot_blocks.h.
#pragma once

#include <cstdint>

namespace residual_knn {

// For each query q < count (a multiple of 8): an upper bound on |rho| with every point of a block, from
// squares[q] = |z|^2, totals[q] >= |phi|^2 of the query, the block's largest unexplained share and its largest |phi|^2.
// The bound is 2 where nothing is known.
void BlockBounds(const double* squares, const double* totals, int64_t count, double unexplained,
                 double largest_total, double* out);

// The points of a block that a query cannot dismiss: all j < count with
// |sum_a z[a] w[a * stride + j]| + rest * root[j] >= threshold. Points whose root is NaN are never among them. Returns
// the number of points; out has room for count + 16. Row a of w, stride values long, and root are readable 15 values
// beyond count.
int64_t OpenPoints(const float* z, int64_t rank, const float* w, int64_t stride, const float* root,
                   int64_t count, float rest, float threshold, int32_t* out);

// out[q] = sum over a < rows of values[a * stride + q]^2 for q < count, a multiple of 8.
void ColumnSquares(const float* values, int64_t rows, int64_t stride, int64_t count, double* out);

}  // namespace residual_knn
