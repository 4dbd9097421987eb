#include "model/row_group.h"

#include <algorithm>

#include "base/assert.h"
#include "model/callback_covariance.h"
#include "simd/dot.h"
#include "simd/residual_row.h"

namespace residual_knn {

void RowGroup::Load(std::span<const int64_t> rows, Pace* pace) {
  rows_ = rows;
  v_ = factor_rows_.Get(rows, pace);
  stride_ = size() + kSlack;
  const auto room = static_cast<size_t>(stride_);
  inverse_deviations_.assign(room, 0.0);
  products_.assign(room, 0.0);
  coordinates_.assign(room * static_cast<size_t>(model_.d()), 0.0);
  point_.resize(static_cast<size_t>(model_.d()));
  model_.points().CopySelected(rows, coordinates_.data(), stride_);
  for (int64_t j = 0; j < size(); ++j) {
    inverse_deviations_[j] = scale_ == Scale::kCovariance ? 1 : model_.inverse_deviation()[rows[j]];
  }
}

PointView RowGroup::Member(int64_t member) {
  RESIDUAL_KNN_ASSERT(member >= 0 && member < size());
  for (int64_t c = 0; c < model_.d(); ++c) point_[c] = coordinates_[c * stride_ + member];
  return {v(member), point_.data(), inverse_deviation(member), row(member)};
}

void RowGroup::Correlations(int64_t member, double* out) { Correlations(Member(member), out); }

void RowGroup::CorrelationsFromProducts(int64_t member, const double* products, double* out) {
  Scaled(Member(member), 0, products, out);
}

void RowGroup::Correlations(const PointView& other, double* out) {
  DotRows(other.v, v_.base, model_.m(), v_.places, size(), products_.data());
  Scaled(other, 0, products_.data(), out);
}

void RowGroup::Products(std::span<const double* const> left, double* out, int64_t stride) const {
  DotRowsWithEach(left, v_.base, model_.m(), places(), out, stride);
}

void RowGroup::TriangleRow(const PointView& point, double* out) {
  Products({&point.v, 1}, products_.data(), size());
  Scaled(point, 0, products_.data(), out);
}

void RowGroup::Triangle(const PointView& point, double* out) {
  const int64_t stride = TriangleStride(size());
  left_.clear();
  for (int64_t a = 0; a < size(); ++a) left_.push_back(a == 0 ? point.v : v(a - 1));
  triangle_products_.resize(static_cast<size_t>(TriangleSize(size())));
  DotTriangle(left_, v_.base, model_.m(), places(), triangle_products_.data(), stride);
  for (int64_t a = 0; a < size(); ++a) {
    const int64_t at = a * stride + a;
    Scaled(a == 0 ? point : Member(a - 1), a, triangle_products_.data() + at, out + at);
  }
}

// out = (K - products) / sqrt(p p).
void RowGroup::Scaled(const PointView& other, int64_t first, const double* products, double* out) {
  const auto rows = rows_.subspan(static_cast<size_t>(first));
  const auto count = std::ssize(rows);
  const double scale = scale_ == Scale::kCovariance ? 1 : other.inverse_deviation;
  const double* scales = inverse_deviations_.data() + first;
  if (model_.covariance() != nullptr) {
    const PointsView points{coordinates_.data() + first, stride_, model_.d()};
    ResidualRow(model_.covariance()->view(), {other.point, scale}, {points, scales, count},
                products, out);
    return;
  }
  covariances_.resize(static_cast<size_t>(count));
  AskCovariances(model_.callback(), {&other.callback_row, 1}, rows, covariances_.data());
  for (int64_t j = 0; j < count; ++j)
    out[j] = (covariances_[j] - products[j]) * (scale * scales[j]);
}

}  // namespace residual_knn
