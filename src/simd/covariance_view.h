// A stationary covariance function as plain data, for the SIMD code.
#pragma once

#include <cstdint>

#include "simd/matern_table_view.h"

namespace residual_knn {

enum class CovarianceFamily {
  kSquaredExponential,
  kMatern12,
  kMatern32,
  kMatern52,
  kMaternTable,
  kRationalQuadratic,
};

struct CovarianceView {
  CovarianceFamily family = CovarianceFamily::kMatern32;
  double variance = 1.0;
  double alpha = 1.0;          // rational quadratic only
  MaternTableView table = {};  // Matern of any nu only
};

// Points as SIMD code reads them: coordinate c of point j at values[c * stride + j], divided by its
// lengthscale. Readable up to the end of a vector that begins at a point.
struct PointsView {
  const double* values = nullptr;
  int64_t stride = 0;
  int64_t dimensions = 0;
};

}  // namespace residual_knn
