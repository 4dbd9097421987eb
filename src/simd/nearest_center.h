// Squared Euclidean distances of many points to a few centers, the inner loops of k-means and of
// the maximin ordering.
//
// A squared distance is the sum of squared differences in coordinate order, without fused
// operations: every SIMD target and every split of a range into calls gives the same bytes.
#pragma once

#include <cstdint>

#include "simd/point_range.h"

namespace residual_knn {

// min_sq[j] = min(min_sq[j], squared distance of point j to the center).
void LowerSquaredDistances(const PointRange& points, const double* center, double* min_sq);

// For each point j: nearest[j] becomes the number of the nearest of num_centers centers, counted
// from first_center, and min_sq[j] its squared distance, if that is below the min_sq[j] that the
// caller passed in. Ties go to the smaller number as long as calls go through the centers in order.
// Coordinate c of center q is centers[q * dimensions + c].
void AssignNearestCenters(const PointRange& points, const double* centers, int64_t first_center,
                          int64_t num_centers, double* min_sq, int64_t* nearest);

}  // namespace residual_knn
