#include "model/scaled_points.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/assert.h"
#include "base/checked_size.h"
#include "base/describe.h"
#include "base/error.h"
#include "storage/index_reader.h"
#include "storage/index_writer.h"

namespace residual_knn {
namespace {

// The largest scaled coordinate. Squared distances then stay far from overflow, so that no kernel has to guard
// against Inf * 0.
constexpr double kLargest = 1e140;

// Number of points that are scaled together, one coordinate after the other, in either layout.
constexpr int64_t kBlock = 256;

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

// The message also names the middle of the points and the lengthscale, because one of these may be the wrong value.
[[noreturn]] void ThrowBeyond(const Message& place, double value, double lengthscale,
                              double middle) {
  const std::string fault =
      std::isfinite(value) ? ", more than 1e140 lengthscales from other points, for example from " +
                                 Describe(middle) + " (lengthscale " + Describe(lengthscale) + ")"
                           : ", must be finite";
  ThrowInvalid(place + " is " + Describe(value) + fault);
}

bool IsCoarse(double value, double lengthscale) {
  return std::abs(value) / lengthscale > CoarsePoints::kMostLengthscales;
}

CoarsePoints FindCoarse(const DenseMatrixView& points, std::span<const double> lengthscales) {
  CoarsePoints found;
  for (int64_t i = 0; i < points.rows; ++i) {
    for (int64_t c = 0; c < points.columns; ++c) {
      const double lengthscale = LengthscaleOf(lengthscales, c);
      if (!IsCoarse(points(i, c), lengthscale)) continue;
      if (found.count++ == 0) {
        found = {1, i, c, points(i, c), lengthscale};
      }
      break;
    }
  }
  return found;
}

}  // namespace

ScaledPoints::ScaledPoints(const DenseMatrixView& points, std::span<const double> lengthscales,
                           const char* name, std::span<const double> origin)
    : n_(points.rows), d_(points.columns), stride_(n_ + kPadding) {
  CheckedSize(stride_, d_, name);
  RequireLengthscales(lengthscales, d_);
  values_.assign(static_cast<size_t>(stride_ * d_), 0.0);
  bool all_fit = true;
  bool all_fine = true;
  for (int64_t begin = 0; begin < n_; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, n_);
    for (int64_t c = 0; c < d_; ++c) {
      const double lengthscale = LengthscaleOf(lengthscales, c);
      const double start = origin.empty() ? 0 : origin[c];
      double* scaled = values_.own() + c * stride_;
      for (int64_t i = begin; i < end; ++i) {
        const double value = points(i, c);
        scaled[i] = (value - start) / lengthscale;
        all_fit = all_fit && std::abs(scaled[i]) <= kLargest;  // false for NaN
        all_fine = all_fine && !IsCoarse(value, lengthscale);
      }
    }
  }
  if (!all_fit) {
    for (int64_t i = 0; i < n_; ++i) {
      for (int64_t c = 0; c < d_; ++c) {
        if (std::abs((*this)(i, c)) <= kLargest) continue;
        ThrowBeyond(std::string(name) + ": coordinate " + Ordinal{c} + " of row " + Ordinal{i},
                    points(i, c), LengthscaleOf(lengthscales, c), origin.empty() ? 0 : origin[c]);
      }
    }
  }
  if (!all_fine) coarse_ = FindCoarse(points, lengthscales);
}

void ScaledPoints::CopySelected(std::span<const int64_t> points, double* out,
                                int64_t stride) const {
  RESIDUAL_KNN_ASSERT(stride >= std::ssize(points));
  // Models with a covariance callback have no coordinates, whatever their rows are.
  RESIDUAL_KNN_ASSERT(d_ == 0 || std::all_of(points.begin(), points.end(), [this](int64_t point) {
                        return point >= 0 && point < n_;
                      }));
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
  CopySelected(points, reuse.values_.own(), reuse.stride_);
  return reuse;
}

template <class Self, class Archive>
void ScaledPoints::NameMembers(Self& self, const Archive& archive) {
  archive.Values("sizes", self.n_, self.d_, self.stride_);
  archive.Values("coarse", self.coarse_.count, self.coarse_.row, self.coarse_.coordinate,
                 self.coarse_.value, self.coarse_.lengthscale);
  archive.Numbers("values", self.values_, CountOf(self.stride_, self.d_));
}

void ScaledPoints::Save(const IndexWriter& writer) const { NameMembers(*this, writer); }

void ScaledPoints::Load(const IndexReader& reader) {
  NameMembers(*this, reader);
  reader.Require(n_ >= 0 && d_ >= 0 && stride_ - kPadding == n_, "a size");
  reader.Require(coarse_.count == 0 || (coarse_.row >= 0 && coarse_.row < n_ &&
                                        coarse_.coordinate >= 0 && coarse_.coordinate < d_),
                 "a row number");
}

}  // namespace residual_knn
