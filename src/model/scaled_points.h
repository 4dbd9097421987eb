// Points divided by their lengthscales: the space in which every stationary kernel is isotropic.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/dense_matrix_view.h"

namespace residual_knn {

// Stored dimension-major, so that SIMD code reads one coordinate of neighboring points at once.
class ScaledPoints {
 public:
  ScaledPoints() = default;

  // (x - origin) / lengthscale; no origin means 0. `name` is the argument to name in errors. Throws
  // for NaN, Inf and lengthscales that are not positive or neither one nor one for each coordinate.
  ScaledPoints(const DenseMatrixView& points, std::span<const double> lengthscales,
               const char* name, std::span<const double> origin = {});

  // x - origin, checked before: what a new division by lengthscales starts from.
  static ScaledPoints Centered(const DenseMatrixView& points, std::span<const double> origin);

  // Of points centered at `origin`: divided by lengthscales, the same bits as the constructor gives, and the same
  // errors.
  [[nodiscard]] ScaledPoints DividedBy(std::span<const double> lengthscales, const char* name,
                                       std::span<const double> origin) const;

  [[nodiscard]] int64_t size() const { return n_; }
  [[nodiscard]] int64_t dimensions() const { return d_; }

  // Coordinate c of all points; readable for kPadding values beyond the last.
  [[nodiscard]] const double* coordinate(int64_t c) const { return values_.data() + c * stride_; }
  // Distance in doubles from one coordinate of a point to the next.
  [[nodiscard]] int64_t stride() const { return stride_; }
  [[nodiscard]] double operator()(int64_t point, int64_t c) const {
    return values_[c * stride_ + point];
  }
  // The d coordinates of a point, one after another.
  void CopyPoint(int64_t point, double* out) const {
    for (int64_t c = 0; c < d_; ++c) out[c] = (*this)(point, c);
  }

  // Coordinate c of the j-th listed point goes to out[c * stride + j].
  void CopySelected(std::span<const int64_t> points, double* out, int64_t stride) const;

  // The listed points, in the memory of `reuse`.
  [[nodiscard]] ScaledPoints Selected(std::span<const int64_t> points, ScaledPoints reuse) const;

  [[nodiscard]] int64_t bytes() const {
    return static_cast<int64_t>(values_.size() * sizeof(double));
  }

  static constexpr int64_t kPadding = 8;

 private:
  ScaledPoints(int64_t n, int64_t d, const char* name);

  int64_t n_ = 0;
  int64_t d_ = 0;
  int64_t stride_ = 0;
  std::vector<double> values_;
};

// The lengthscale of a coordinate: there is one for all, or one for each.
inline double LengthscaleOf(std::span<const double> lengthscales, int64_t c) {
  return lengthscales[lengthscales.size() == 1 ? 0 : static_cast<size_t>(c)];
}

// The middle of each coordinate's range. As an origin it keeps the rounding of the division relative to the
// extent of the points: projected coordinates in the millions lose nothing.
std::vector<double> MiddleOf(const DenseMatrixView& points);

}  // namespace residual_knn
