// Residual correlations of one point with a range of others, from given products.
#pragma once

#include <cstdint>

#include "simd/covariance_view.h"

namespace residual_knn {

// out[j] = (K(point, points[j]) - products[j]) * inverse_deviation * inverse_deviations[j] for 0 <= j < count, where
// inverse_deviation is the point's own 1 / sqrt(p). products, inverse_deviations and out have room for a whole vector
// of 8 beyond count.
void ResidualRow(const CovarianceView& covariance, const PointsView& points, int64_t count,
                 const double* point, const double* products, double inverse_deviation,
                 const double* inverse_deviations, double* out);
void ResidualRow(const CovarianceView& covariance, const PointsView& points, int64_t count,
                 const double* point, const float* products, double inverse_deviation,
                 const double* inverse_deviations, double* out);

}  // namespace residual_knn
