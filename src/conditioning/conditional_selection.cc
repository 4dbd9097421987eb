#include "conditioning/conditional_selection.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/assert.h"
#include "conditioning/fill_order.h"
#include "conditioning/selection_rounding.h"
#include "simd/dot.h"

namespace residual_knn {
namespace {

// A smaller share of the variance changes nothing in double precision.
constexpr double kLeastShare = 0x1p-53;

// Correlations of this many candidates with all are computed at once: those of the next pick, and of the candidates that
// would be picked next if this pick changed nothing. Most of them are picked soon.
constexpr int64_t kAtOnce = 4;
// With more multiplications for one candidate, one is computed at a time, so that a call can be cancelled soon.
constexpr int64_t kProductsAtOnce = int64_t{1} << 24;
constexpr double kTaken = std::numeric_limits<double>::infinity();

}  // namespace

void ConditionalSelection::Select(const PointView& point, std::span<const int64_t> candidates,
                                  int64_t k, Pace& pace) {
  RESIDUAL_KNN_ASSERT(std::is_sorted(candidates.begin(), candidates.end()));
  pace.Spend(std::ssize(candidates) * model_.m() / Pace::kMultiplications);
  Load(point, candidates);
  const int64_t count = std::min(k, candidates_.size());
  picks_.clear();
  factor_.resize(static_cast<size_t>(count * stride_));
  SetReductions(State());
  while (std::ssize(picks_) < count && unexplained_ > point_level_) {
    const int64_t best = FirstLargest(reduction_.data(), candidates_.size(), kLeastShare);
    if (best < 0) break;  // no informative candidate is left
    pace.Spend(candidates_.size() * (model_.m() + std::ssize(picks_)) / Pace::kMultiplications);
    AddPick(best);
  }
  informative_ = std::ssize(picks_);
  FillUp(count);
}

void ConditionalSelection::Load(const PointView& point, std::span<const int64_t> candidates) {
  candidates_.Load(candidates);
  const int64_t c = candidates_.size();
  stride_ = c + RowGroup::kSlack;
  const auto room = static_cast<size_t>(stride_);
  rho_.resize(room);
  candidates_.Correlations(point, rho_.data());
  covariance_.assign(rho_.begin(), rho_.end());
  variance_.assign(room, 1.0);
  reduction_.resize(room);
  error_.resize(room);
  level_.resize(room);
  place_.assign(static_cast<size_t>(c), -1);
  is_new_.assign(static_cast<size_t>(c), 1.0);
  correlations_.clear();
  unexplained_ = 1;
  const SelectionRounding rounding(model_, c);
  const double norm = std::sqrt(SquaredNorm(point.v, model_.m()));
  const double scale = point.inverse_deviation;
  point_level_ = rounding.OfCovariance(norm, scale, norm, scale);
  for (int64_t j = 0; j < c; ++j) {
    const double square = SquaredNormOf(j);
    const double other = candidates_.inverse_deviation(j);
    error_[j] = rounding.OfCovariance(norm, scale, std::sqrt(square), other);
    level_[j] = rounding.OfVariance(square, other);
  }
}

// |V|^2 of a candidate that is not degenerate, up to rounding.
double ConditionalSelection::SquaredNormOf(int64_t j) const {
  if (model_.inducing() == nullptr) return SquaredNorm(candidates_.v(j), model_.m());
  const double total = model_.covariance()->variance() + model_.nugget();
  return std::max(total - model_.residual_variance(candidates_.row(j)), 0.0);
}

SelectionState ConditionalSelection::State() {
  return {candidates_.size(), variance_.data(), covariance_.data(),
          level_.data(),      error_.data(),    reduction_.data()};
}

void ConditionalSelection::AddPick(int64_t j) {
  const auto done = std::ssize(picks_);
  const double* correlations = CorrelationsWith(j);
  at_pick_.resize(static_cast<size_t>(done));
  for (int64_t a = 0; a < done; ++a) at_pick_[a] = factor_[a * stride_ + j];
  const double reduction = reduction_[j];
  level_[j] = kTaken;
  ConditionOn(j, correlations, at_pick_.data(), {factor_.data(), stride_, done}, State());
  unexplained_ = std::max(unexplained_ - reduction, 0.0);
  picks_.push_back({candidates_.row(j), rho_[j], unexplained_});
}

// Correlations of candidate j with all.
const double* ConditionalSelection::CorrelationsWith(int64_t j) {
  if (place_[j] < 0) {
    next_.assign(1, j);
    // A callback is not asked for more than is needed.
    if (model_.covariance() != nullptr) AddLikelyPicks();
    ComputeCorrelations();
  }
  return correlations_.data() + place_[j] * stride_;
}

// Adds to next_ the candidates without correlations that reduce the variance most now, apart from the one that is there.
void ConditionalSelection::AddLikelyPicks() {
  const int64_t c = candidates_.size();
  likely_.resize(static_cast<size_t>(c));
  for (int64_t i = 0; i < c; ++i) likely_[i] = reduction_[i] * is_new_[i];
  likely_[next_.front()] = 0;
  const int64_t at_once = c * model_.m() > kProductsAtOnce ? 1 : kAtOnce;
  while (std::ssize(next_) < at_once) {
    const int64_t best = FirstLargest(likely_.data(), c, kLeastShare);
    if (best < 0) return;
    next_.push_back(best);
    likely_[best] = 0;
  }
}

// Computes the correlations of the candidates in next_ with all.
void ConditionalSelection::ComputeCorrelations() {
  next_v_.clear();
  for (const int64_t j : next_) next_v_.push_back(candidates_.v(j));
  products_.resize(static_cast<size_t>(std::ssize(next_) * stride_));
  candidates_.Products(next_v_, products_.data(), stride_);
  auto place = std::ssize(correlations_) / stride_;
  correlations_.resize(static_cast<size_t>((place + std::ssize(next_)) * stride_));
  const double* products = products_.data();
  for (const int64_t j : next_) {
    place_[j] = place;
    is_new_[j] = 0;
    candidates_.CorrelationsFromProducts(j, products, correlations_.data() + place * stride_);
    products += stride_;
    ++place;
  }
}

void ConditionalSelection::FillUp(int64_t count) {
  if (std::ssize(picks_) == count) return;
  order_.clear();
  for (int64_t j = 0; j < candidates_.size(); ++j) {
    if (level_[j] != kTaken) order_.push_back(j);
  }
  SortForFilling(order_, rho_);
  for (const int64_t j : order_) {
    if (std::ssize(picks_) == count) break;
    picks_.push_back({candidates_.row(j), rho_[j], unexplained_});
  }
}

}  // namespace residual_knn
