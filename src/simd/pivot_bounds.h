// Bounds on residual correlations from pivots; the proof is in src/tree/pivot_blocks.h.
#pragma once

#include <cstdint>

namespace residual_knn {

// For each query q < count (a multiple of 8): an upper bound on |rho| with every point of a block, from
// squares[q] = |z|^2, totals[q] >= |phi|^2 of the query, the block's largest unexplained share and its largest |phi|^2.
// The bound is 2 where nothing is known.
void BlockBounds(const double* squares, const double* totals, int64_t count, double unexplained,
                 double largest_total, double* out);

// Points of a block in the span of its pivots. Row a of w and the roots are readable 15 values beyond count.
struct PointsInSpan {
  const float* w;      // coordinate a of point j at w[a * stride + j], for a < rank
  const float* roots;  // roots of the unexplained shares
  int64_t rank;
  int64_t stride;
  int64_t count;
};

// A query in the span of the same pivots.
struct QueryInSpan {
  const float* z;   // rank coordinates
  float rest;       // length of its part outside the span
  float threshold;  // points whose bound is below it are dismissed
};

// The points that a query cannot dismiss: all j with |sum_a z[a] w[a * stride + j]| + rest * roots[j] >= threshold.
// Points whose root is NaN are never among them. Returns the number of points; out has room for count + 16.
int64_t OpenPoints(const PointsInSpan& points, const QueryInSpan& query, int32_t* out);

// out[q] = sum over a < rows of values[a * stride + q]^2 for q < count, a multiple of 8.
void ColumnSquares(const float* values, int64_t rows, int64_t stride, int64_t count, double* out);

}  // namespace residual_knn
