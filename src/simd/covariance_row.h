// Covariances of one point with a range of others.
#pragma once

#include <cstdint>

#include "simd/covariance_view.h"

namespace residual_knn {

// out[j] = K(point, points[first + j]) for 0 <= j < count; `point` holds its coordinates one after
// another. out needs no room beyond count. A pair's value depends on that pair alone.
void CovarianceRow(const CovarianceView& covariance, const PointsView& points, int64_t first,
                   int64_t count, const double* point, double* out);

}  // namespace residual_knn
