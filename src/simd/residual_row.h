// Residual correlations of one point with a range of others, from given products.
#pragma once

#include <cstdint>

#include "simd/covariance_view.h"

namespace residual_knn {

// What a residual correlation needs of a point, apart from the product of the rows of V.
struct ResidualPoint {
  const double* coordinates = nullptr;  // scaled
  double inverse_deviation = 0;         // 1 / sqrt(p), 0 for degenerate points
};

// The same for `count` points. inverse_deviations has room for a whole vector of 8 beyond count.
struct ResidualPoints {
  PointsView coordinates;
  const double* inverse_deviations = nullptr;
  int64_t count = 0;
};

// out[j] = (K(point, point j) - products[j]) times the inverse deviations of both, for j < points.count. products[j] is
// the product of their rows of V. products and out have room for a whole vector of 8 beyond count.
void ResidualRow(const CovarianceView& covariance, const ResidualPoint& point,
                 const ResidualPoints& points, const double* products, double* out);
void ResidualRow(const CovarianceView& covariance, const ResidualPoint& point,
                 const ResidualPoints& points, const float* products, double* out);

}  // namespace residual_knn
