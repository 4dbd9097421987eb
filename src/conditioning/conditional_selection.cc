#include "conditioning/conditional_selection.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/assert.h"
#include "model/product_error.h"
#include "simd/dot.h"

namespace residual_knn {
namespace {

// A smaller share of the variance changes nothing in double precision.
constexpr double kLeastShare = 0x1p-53;

double NormOf(const double* v, int64_t m) {
  const int64_t first = 0;
  double square = 0;
  DotRows(v, v, m, &first, 1, &square);
  return std::sqrt(square);
}

}  // namespace

void ConditionalSelection::Select(const PointView& point, std::span<const int64_t> candidates,
                                  int64_t k) {
  RESIDUAL_KNN_ASSERT(std::is_sorted(candidates.begin(), candidates.end()));
  Load(point, candidates);
  const int64_t count = std::min(k, candidates_.size());
  picks_.clear();
  factor_.resize(static_cast<size_t>(count * stride_));
  while (std::ssize(picks_) < count && unexplained_ > point_level_) {
    const int64_t best = BestCandidate();
    if (best < 0) break;
    AddPick(best);
  }
  informative_ = std::ssize(picks_);
  FillUp(count);
}

void ConditionalSelection::Load(const PointView& point, std::span<const int64_t> candidates) {
  candidates_.Load(candidates);
  const int64_t c = candidates_.size();
  stride_ = c + RowGroup::kSlack;
  rho_.resize(static_cast<size_t>(stride_));
  column_.resize(static_cast<size_t>(stride_));
  candidates_.Correlations(point, rho_.data());
  covariance_.assign(rho_.begin(), rho_.begin() + c);
  variance_.assign(static_cast<size_t>(c), 1.0);
  taken_.assign(static_cast<size_t>(c), false);
  error_.resize(static_cast<size_t>(c));
  level_.resize(static_cast<size_t>(c));
  unexplained_ = 1;
  // Rounding of R for points with these |V|, and of the sums of the selection.
  const double product = ProductError(model_.m());
  const double covariance = model_.covariance_error();
  const double sums = 8 * static_cast<double>(c + 8) * 0x1p-53;
  const double norm = NormOf(point.v, model_.m());
  const double scale = point.inverse_deviation;
  point_level_ = (product * norm * norm + covariance) * scale * scale + sums;
  for (int64_t j = 0; j < c; ++j) {
    const double other_norm = NormOf(model_.v(candidates[j]), model_.m());
    const double other = candidates_.inverse_deviation(j);
    error_[j] = (product * norm * other_norm + covariance) * scale * other + sums;
    level_[j] = (product * other_norm * other_norm + covariance) * other * other + sums;
  }
}

// -1 if no informative candidate is left.
int64_t ConditionalSelection::BestCandidate() const {
  int64_t best = -1;
  double largest = kLeastShare;
  for (int64_t j = 0; j < candidates_.size(); ++j) {
    if (taken_[j] || !(variance_[j] > level_[j])) continue;
    if (!(std::abs(covariance_[j]) > error_[j])) continue;
    const double gain = covariance_[j] * covariance_[j] / variance_[j];
    if (gain > largest) {
      largest = gain;
      best = j;
    }
  }
  return best;
}

void ConditionalSelection::AddPick(int64_t j) {
  const int64_t c = candidates_.size();
  const auto done = std::ssize(picks_);
  candidates_.Correlations(j, column_.data());
  for (int64_t a = 0; a < done; ++a) {
    const double* previous = factor_.data() + a * stride_;
    const double factor = previous[j];
    for (int64_t i = 0; i < c; ++i) column_[i] -= factor * previous[i];
  }
  const double root = std::sqrt(variance_[j]);
  const double y = covariance_[j] / root;
  double* column = factor_.data() + done * stride_;
  for (int64_t i = 0; i < c; ++i) {
    column[i] = column_[i] / root;
    variance_[i] -= column[i] * column[i];
    covariance_[i] -= column[i] * y;
  }
  column[j] = root;
  taken_[j] = true;
  unexplained_ = std::max(unexplained_ - y * y, 0.0);
  picks_.push_back({candidates_.row(j), rho_[j], unexplained_});
}

void ConditionalSelection::FillUp(int64_t count) {
  if (std::ssize(picks_) == count) return;
  order_.clear();
  for (int64_t j = 0; j < candidates_.size(); ++j) {
    if (!taken_[j]) order_.push_back(j);
  }
  // Ties stay in the order of rows.
  std::stable_sort(order_.begin(), order_.end(),
                   [&](int64_t a, int64_t b) { return std::abs(rho_[a]) > std::abs(rho_[b]); });
  for (const int64_t j : order_) {
    if (std::ssize(picks_) == count) break;
    picks_.push_back({candidates_.row(j), rho_[j], unexplained_});
  }
}

}  // namespace residual_knn
