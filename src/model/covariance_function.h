// A built-in covariance function, checked and ready for the SIMD code.
#pragma once

#include <cstdint>
#include <optional>

#include "model/matern_table.h"
#include "model/scaled_points.h"
#include "simd/covariance_view.h"

namespace residual_knn {

struct CovarianceParameters {
  int32_t kernel = 0;  // enum residual_knn_kernel
  double variance = 1.0;
  double nu = 1.5;
  double alpha = 1.0;
};

class CovarianceFunction {
 public:
  // Throws for unknown kernels and parameters out of range.
  explicit CovarianceFunction(const CovarianceParameters& parameters);

  // Valid as long as this object.
  [[nodiscard]] CovarianceView view() const;
  [[nodiscard]] double variance() const { return parameters_.variance; }
  [[nodiscard]] const CovarianceParameters& parameters() const { return parameters_; }
  [[nodiscard]] int64_t bytes() const { return table_ ? table_->bytes() : 0; }

 private:
  CovarianceFamily family_ = CovarianceFamily::kMatern32;
  CovarianceParameters parameters_;
  std::optional<MaternTable> table_;
};

inline PointsView ViewOf(const ScaledPoints& points) {
  return {points.coordinate(0), points.stride(), points.dimensions()};
}

}  // namespace residual_knn
