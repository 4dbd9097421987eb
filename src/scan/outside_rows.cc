#include "scan/outside_rows.h"

#include <algorithm>

#include "base/assert.h"
#include "blas/blas.h"
#include "model/product_error.h"
#include "score/keep_others.h"
#include "simd/screen.h"

namespace residual_knn {

OutsideRows::OutsideRows(const SearchJob& job, int64_t queries, int64_t rows)
    : model_(job.model),
      is_signed_(job.settings.ranking == Ranking::kSigned),
      factor_rows_(job.model) {
  const auto room = static_cast<size_t>(rows + kScreenSlack);
  products_.resize(static_cast<size_t>(queries * rows + kScreenSlack));
  coordinates_.resize(room * static_cast<size_t>(model_.d()));
  found_.resize(room);
  scores_.resize(room);
  covariances_.resize(room);
}

void OutsideRows::Multiply(const QueryBlock& block, std::span<const int64_t> rows) {
  RESIDUAL_KNN_ASSERT(std::is_sorted(rows.begin(), rows.end()));
  RESIDUAL_KNN_ASSERT(rows.size() + kScreenSlack <= found_.size());
  block_ = &block;
  rows_ = rows;
  const int64_t width = std::ssize(rows);
  const int64_t m = model_.m();
  v_.resize(static_cast<size_t>(width * m));
  inverse_deviations_.assign(static_cast<size_t>(width + kScreenSlack), 0.0);
  factor_rows_.Copy(rows, v_.data());
  for (int64_t j = 0; j < width; ++j) {
    inverse_deviations_[j] = model_.inverse_deviation()[rows[j]];
  }
  model_.points().CopySelected(rows, coordinates_.data(), width + kScreenSlack);
  blas::MultiplyTransposed(block.v, block.count, v_.data(), width, m, products_.data());
}

ScreenedRows OutsideRows::Screen(int64_t q, double threshold, std::span<const int64_t> met) {
  const int64_t width = std::ssize(rows_);
  const CovarianceView view = model_.covariance()->view();
  ScreenTile tile;
  tile.covariance = &view;
  tile.points = {coordinates_.data(), width + kScreenSlack, model_.d()};
  tile.inverse_deviation = inverse_deviations_.data();
  tile.count = std::lower_bound(rows_.begin(), rows_.end(), block_->limit[q]) - rows_.begin();
  ScreenQuery query;
  query.point = block_->points.data() + q * model_.d();
  query.products = products_.data() + q * width;
  query.signed_ranking = is_signed_;
  query.error = Error(q);
  query.threshold = threshold;
  const ScreenSurvivors survivors{found_.data(), scores_.data(), covariances_.data()};
  const int64_t found = residual_knn::Screen(tile, query, survivors);
  const size_t kept = KeepOthers(survivors, found, rows_, block_->self[q], met);
  return {{found_.data(), kept}, {scores_.data(), kept}, {covariances_.data(), kept}};
}

double OutsideRows::Error(int64_t q) const {
  return ScreenError(model_.m(), block_->norm[q], model_.largest_norm());
}

}  // namespace residual_knn
