#include "scan/screen16.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "simd/quantized_product.h"
#include "simd/screen.h"
#include "simd/screen_quantized.h"

namespace residual_knn {

Screen16::Screen16(const SearchJob& job, const QuantizedV& quantized, int64_t most)
    : model_(job.model),
      quantized_(quantized),
      is_signed_(job.settings.ranking == Ranking::kSigned),
      view_(job.model.covariance()->view()) {
  const auto room = static_cast<size_t>(most + kQuantizedSlack);
  products_.resize(room);
  rows_.resize(room);
  scores_.resize(room);
  errors_.resize(room);
  covariances_.resize(room);
  coordinates_.resize(room * static_cast<size_t>(job.model.d()));
}

ScreenedRows Screen16::Keep(const Query16& query, std::span<const int32_t> rows,
                            std::span<const int32_t> products) {
  const int64_t count = std::ssize(rows);
  RESIDUAL_KNN_ASSERT(rows.size() + kQuantizedSlack <= rows_.size());
  RESIDUAL_KNN_ASSERT(products.empty() || products.size() >= rows.size());
  std::copy(rows.begin(), rows.end(), rows_.begin());
  if (products.empty()) {
    DotPairRows(query.integers.v16, quantized_.rows16(), quantized_.stride16(), rows.data(), count,
                products_.data());
    products = products_;
  }
  const int64_t stride = count + kScreenSlack;
  model_.points().CopySelected({rows_.data(), rows.size()}, coordinates_.data(), stride);
  CovarianceRow(view_, {coordinates_.data(), stride, model_.d()}, 0, count, query.point,
                covariances_.data());
  size_t kept = 0;
  for (size_t s = 0; s < rows.size(); ++s) {
    const int64_t row = rows_[s];
    const double product = static_cast<double>(products[s]) * query.integers.step16 *
                           static_cast<double>(quantized_.steps16()[row]);
    const double residual = covariances_[s] - product;
    const double ranked = is_signed_ ? residual : std::abs(residual);
    const double inverse_deviation = model_.inverse_deviation()[row];
    // 1 + 1e-9 covers the roundings of this comparison.
    const double error = quantized_.ProductErrorWith(query.integers, row) * (1 + 1e-9);
    if ((ranked + error) * inverse_deviation < query.threshold) continue;
    rows_[kept] = row;
    covariances_[kept] = covariances_[s];
    errors_[kept] = error;
    scores_[kept++] = ranked * inverse_deviation;
  }
  return {{rows_.data(), kept},
          {scores_.data(), kept},
          {covariances_.data(), kept},
          {errors_.data(), kept}};
}

}  // namespace residual_knn
