// Residual correlations of pivots with other points, by one matrix product for all.
#pragma once

#include <cstdint>

#include "base/aligned_vector.h"
#include "model/residual_model.h"
#include "simd/residual_row.h"
#include "tree/pivot_blocks.h"

namespace residual_knn {

// Points to correlate with pivots, `Value` being the precision of the product.
template <class Value>
struct CorrelatedPoints {
  ResidualPoints points;
  const Value* v = nullptr;  // count x m
  // With a covariance callback: K(point, pivot), count x the number of pivots.
  const double* covariances = nullptr;
};

// Correlations of the pivots of a run with the points. Row a of `out`, for the pivot run.FirstPivot() + a, has `width`
// values; those from the number of points on are 0. `products` is scratch.
template <class Value>
void CorrelatePivots(const ResidualModel& model, const BlockRun& run,
                     const CorrelatedPoints<Value>& correlated, AlignedVectorOf<Value>& products,
                     int64_t width, double* out);

}  // namespace residual_knn
