// Residual correlations of pivots with other points, by one matrix product for all.
#pragma once

#include <cstdint>

#include "base/aligned_vector.h"
#include "model/residual_model.h"
#include "simd/covariance_view.h"
#include "tree/pivot_blocks.h"

namespace residual_knn {

// Points to correlate with pivots, `Value` being the precision of the product. Coordinates and inverse
// deviations have room for a whole vector of 8 beyond count.
template <class Value>
struct CorrelatedPoints {
  int64_t count = 0;
  const Value* v = nullptr;  // count x m
  PointsView points;
  const double* inverse_deviations = nullptr;
  // With a covariance callback: K(point, pivot), count x the number of pivots.
  const double* covariances = nullptr;
};

// Correlations of pivots [first_pivot, first_pivot + num_pivots) with the points. Row a of `out`, for pivot
// first_pivot + a, has `width` values; those from points.count on are 0. `products` is scratch.
template <class Value>
void CorrelatePivots(const ResidualModel& model, const PivotBlocks& blocks, int64_t first_pivot,
                     int64_t num_pivots, const CorrelatedPoints<Value>& points,
                     AlignedVectorOf<Value>& products, int64_t width, double* out);

}  // namespace residual_knn
