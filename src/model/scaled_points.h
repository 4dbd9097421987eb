// Points divided by their lengthscales: the space in which every stationary kernel is isotropic.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/dense_matrix_view.h"
#include "storage/stored_array.h"

namespace residual_knn {

class IndexReader;
class IndexWriter;

// Points with a coordinate that is too coarse in the caller's units: more than kMostLengthscales from 0, where
// neighboring doubles are more than 2^-21 of a lengthscale apart.
struct CoarsePoints {
  static constexpr double kMostLengthscales = 0x1p32;

  int64_t count = 0;
  // The first of them.
  int64_t row = -1;
  int64_t coordinate = -1;
  double value = 0;
  double lengthscale = 0;
};

// Stored dimension-major, so that SIMD code reads one coordinate of neighboring points at once.
class ScaledPoints {
 public:
  ScaledPoints() = default;

  // (x - origin) / lengthscale; no origin means 0. `name` is the argument to name in errors. Throws if a coordinate
  // is NaN, Inf or more than 1e140 lengthscales from the origin, if a lengthscale is not positive and finite, or if
  // the number of lengthscales is neither 1 nor d.
  ScaledPoints(const DenseMatrixView& points, std::span<const double> lengthscales,
               const char* name, std::span<const double> origin = {});

  [[nodiscard]] int64_t size() const { return n_; }
  [[nodiscard]] int64_t dimensions() const { return d_; }
  [[nodiscard]] const CoarsePoints& coarse() const { return coarse_; }

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

  // The listed points. The result takes over the memory of `reuse`.
  [[nodiscard]] ScaledPoints Selected(std::span<const int64_t> points, ScaledPoints reuse) const;

  [[nodiscard]] int64_t bytes() const {
    return static_cast<int64_t>(values_.size() * sizeof(double));
  }

  static constexpr int64_t kPadding = 8;

  void Save(const IndexWriter& writer) const;
  void Load(const IndexReader& reader);

 private:
  template <class Self, class Archive>
  static void NameMembers(Self& self, const Archive& archive);

  int64_t n_ = 0;
  int64_t d_ = 0;
  int64_t stride_ = 0;
  StoredArray<double, std::vector<double>> values_;
  CoarsePoints coarse_;
};

// The lengthscale of a coordinate: there is one for all, or one for each.
inline double LengthscaleOf(std::span<const double> lengthscales, int64_t c) {
  return lengthscales[lengthscales.size() == 1 ? 0 : static_cast<size_t>(c)];
}

}  // namespace residual_knn
