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

void RequireLengthscales(std::span<const double> lengthscales, int64_t d) {
  const auto count = static_cast<int64_t>(lengthscales.size());
  if (count != 1 && count != d) {
    ThrowInvalid("num_lengthscales is " + std::to_string(count) +
                 ", must be 1 or d = " + std::to_string(d));
  }
  for (int64_t c = 0; c < count; ++c) {
    if (!(lengthscales[c] > 0) || !std::isfinite(lengthscales[c])) {
      ThrowInvalid("lengthscales[" + Ordinal{c} + "] is " + Describe(lengthscales[c]) +
                   ", must be positive and finite");
    }
  }
}

[[noreturn]] void ThrowBeyond(const char* name, int64_t row, int64_t coordinate, double value) {
  ThrowInvalid(std::string(name) + ": coordinate " + Ordinal{coordinate} + " of row " +
               Ordinal{row} + " is " + Describe(value) +
               (std::isfinite(value)
                    ? ", more than 1e140 lengthscales from the middle of the points"
                    : ", must be finite"));
}

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

ScaledPoints::ScaledPoints(int64_t n, int64_t d, const char* name)
    : n_(n), d_(d), stride_(n + kPadding) {
  CheckedSize(stride_, d_, name);
  values_.assign(static_cast<size_t>(stride_ * d_), 0.0);
}

ScaledPoints::ScaledPoints(const DenseMatrixView& points, std::span<const double> lengthscales,
                           const char* name, std::span<const double> origin)
    : ScaledPoints(points.rows, points.columns, name) {
  RequireLengthscales(lengthscales, d_);
  for (int64_t i = 0; i < n_; ++i) {
    for (int64_t c = 0; c < d_; ++c) {
      const double value = points(i, c);
      const double scaled =
          (value - (origin.empty() ? 0 : origin[c])) / LengthscaleOf(lengthscales, c);
      if (!(std::abs(scaled) <= kLargest)) ThrowBeyond(name, i, c, value);
      values_[c * stride_ + i] = scaled;
    }
  }
}

ScaledPoints ScaledPoints::Centered(const DenseMatrixView& points, std::span<const double> origin) {
  ScaledPoints centered(points.rows, points.columns, "points");
  for (int64_t i = 0; i < points.rows; ++i) {
    for (int64_t c = 0; c < points.columns; ++c) {
      centered.values_[c * centered.stride_ + i] = points(i, c) - origin[c];
    }
  }
  return centered;
}

ScaledPoints ScaledPoints::DividedBy(std::span<const double> lengthscales, const char* name,
                                     std::span<const double> origin) const {
  RequireLengthscales(lengthscales, d_);
  ScaledPoints scaled(n_, d_, name);
  for (int64_t c = 0; c < d_; ++c) {
    const double lengthscale = LengthscaleOf(lengthscales, c);
    for (int64_t i = 0; i < n_; ++i) {
      const double value = (*this)(i, c) / lengthscale;
      if (!(std::abs(value) <= kLargest)) ThrowBeyond(name, i, c, (*this)(i, c) + origin[c]);
      scaled.values_[c * stride_ + i] = value;
    }
  }
  return scaled;
}

void ScaledPoints::CopySelected(std::span<const int64_t> points, double* out,
                                int64_t stride) const {
  for (int64_t c = 0; c < d_; ++c) {
    const double* from = coordinate(c);
    double* to = out + c * stride;
    for (size_t j = 0; j < points.size(); ++j) to[j] = from[points[j]];
  }
}

ScaledPoints ScaledPoints::Selected(std::span<const int64_t> points, ScaledPoints reuse) const {
  reuse.n_ = static_cast<int64_t>(points.size());
  reuse.d_ = d_;
  reuse.stride_ = reuse.n_ + kPadding;
  reuse.values_.assign(static_cast<size_t>(reuse.stride_ * d_), 0.0);
  CopySelected(points, reuse.values_.data(), reuse.stride_);
  return reuse;
}

}  // namespace residual_knn
