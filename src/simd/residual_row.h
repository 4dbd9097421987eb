// Residual correlations of one point with a range of others, from products that are at hand.
#pragma once

#include <cstdint>

#include "simd/covariance_view.h"

namespace residual_knn {

// out[j] = (K(point, points[j]) - products[j]) * scale * scales[j] for 0 <= j < count. products, scales
// and out have room for a whole vector of 8 beyond count.
void ResidualRow(const CovarianceView& covariance, const PointsView& points, int64_t count,
                 const double* point, const double* products, double scale, const double* scales,
                 double* out);
void ResidualRow(const CovarianceView& covariance, const PointsView& points, int64_t count,
                 const double* point, const float* products, double scale, const double* scales,
                 double* out);

}  // namespace residual_knn
