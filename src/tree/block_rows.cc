#include "tree/block_rows.h"

#include "model/callback_covariance.h"
#include "simd/dot.h"
#include "simd/residual_row.h"

namespace residual_knn {

void BlockRows::Load(std::span<const int64_t> rows) {
  rows_ = rows;
  stride_ = size() + ScaledPoints::kPadding;
  const auto room = static_cast<size_t>(stride_);
  inverse_deviations_.assign(room, 0.0);
  products_.assign(room, 0.0);
  coordinates_.assign(room * static_cast<size_t>(model_.d()), 0.0);
  point_.resize(static_cast<size_t>(model_.d()));
  model_.points().CopySelected(rows, coordinates_.data(), stride_);
  for (int64_t j = 0; j < size(); ++j) inverse_deviations_[j] = model_.inverse_deviation()[rows[j]];
}

void BlockRows::Correlations(int64_t pivot, double* out) {
  DotRows(model_.v(row(pivot)), model_.v(0), model_.m(), rows_.data(), size(), products_.data());
  if (model_.covariance() != nullptr) {
    for (int64_t c = 0; c < model_.d(); ++c) point_[c] = coordinates_[c * stride_ + pivot];
    const PointsView points{coordinates_.data(), stride_, model_.d()};
    ResidualRow(model_.covariance()->view(), points, size(), point_.data(), products_.data(),
                inverse_deviation(pivot), inverse_deviations_.data(), out);
    return;
  }
  covariances_.resize(static_cast<size_t>(size()));
  const int64_t pivot_row = row(pivot);
  AskCovariances(model_.callback(), {&pivot_row, 1}, rows_, covariances_.data());
  for (int64_t j = 0; j < size(); ++j) {
    out[j] = (covariances_[j] - products_[j]) * (inverse_deviation(pivot) * inverse_deviations_[j]);
  }
}

}  // namespace residual_knn
