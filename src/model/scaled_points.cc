#include "model/scaled_points.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/checked_size.h"
#include "base/describe.h"
#include "base/error.h"

namespace residual_knn {
namespace {

// Squared distances stay far from overflow, so that no kernel has to guard against Inf * 0.
constexpr double kLargest = 1e140;

}  // namespace

std::vector<double> MiddleOf(const DenseMatrixView& points) {
  std::vector<double> middle(static_cast<size_t>(points.columns), 0.0);
  for (int64_t c = 0; c < points.columns; ++c) {
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (int64_t i = 0; i < points.rows; ++i) {
      const double value = points(i, c);
      if (!std::isfinite(value)) continue;  // named when the points are scaled
      low = std::min(low, value);
      high = std::max(high, value);
    }
    if (low <= high) middle[c] = low / 2 + high / 2;
  }
  return middle;
}

ScaledPoints::ScaledPoints(const DenseMatrixView& points, std::span<const double> lengthscales,
                           const char* name, std::span<const double> origin)
    : n_(points.rows), d_(points.columns), stride_(points.rows + kPadding) {
  const auto num_lengthscales = static_cast<int64_t>(lengthscales.size());
  if (num_lengthscales != 1 && num_lengthscales != d_) {
    ThrowInvalid("num_lengthscales is " + std::to_string(num_lengthscales) +
                 ", must be 1 or d = " + std::to_string(d_));
  }
  for (int64_t c = 0; c < num_lengthscales; ++c) {
    if (!(lengthscales[c] > 0) || !std::isfinite(lengthscales[c])) {
      ThrowInvalid("lengthscales[" + std::to_string(c) + "] is " + Describe(lengthscales[c]) +
                   ", must be positive and finite");
    }
  }
  CheckedSize(stride_, d_, name);
  values_.assign(static_cast<size_t>(stride_ * d_), 0.0);
  for (int64_t i = 0; i < n_; ++i) {
    for (int64_t c = 0; c < d_; ++c) {
      const double value = points(i, c);
      const double scaled =
          (value - (origin.empty() ? 0 : origin[c])) / lengthscales[num_lengthscales == 1 ? 0 : c];
      if (!(std::abs(scaled) <= kLargest)) {
        ThrowInvalid(std::string(name) + ": coordinate " + std::to_string(c) + " of row " +
                     std::to_string(i) + " is " + Describe(value) +
                     (std::isfinite(value) ? ", beyond 1e140 after division by its lengthscale"
                                           : ", must be finite"));
      }
      values_[c * stride_ + i] = scaled;
    }
  }
}

ScaledPoints ScaledPoints::Selected(std::span<const int64_t> points, ScaledPoints reuse) const {
  reuse.n_ = static_cast<int64_t>(points.size());
  reuse.d_ = d_;
  reuse.stride_ = reuse.n_ + kPadding;
  reuse.values_.assign(static_cast<size_t>(reuse.stride_ * d_), 0.0);
  for (int64_t c = 0; c < d_; ++c) {
    for (int64_t i = 0; i < reuse.n_; ++i) {
      reuse.values_[c * reuse.stride_ + i] = (*this)(points[i], c);
    }
  }
  return reuse;
}

}  // namespace residual_knn
