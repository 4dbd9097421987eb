#include "conditioning/group_selection.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "conditioning/fill_order.h"
#include "conditioning/selection_rounding.h"
#include "simd/dot.h"

namespace residual_knn {

void GroupSelection::Factor::Reset(int64_t size) {
  columns.clear();
  variance.assign(static_cast<size_t>(size), 1.0);
  done = 0;
}

void GroupSelection::Factor::Condition(int64_t pivot, double level,
                                       std::span<const double> correlations) {
  const auto size = std::ssize(variance);
  const double remains = variance[pivot];
  if (!(remains > level)) return;
  columns.resize(static_cast<size_t>((done + 1) * size));
  double* column = columns.data() + done * size;
  std::copy_n(correlations.begin(), size, column);
  for (int64_t a = 0; a < done; ++a) {
    const double* previous = columns.data() + a * size;
    const double factor = previous[pivot];
    for (int64_t i = 0; i < size; ++i) column[i] -= factor * previous[i];
  }
  const double root = std::sqrt(remains);
  for (int64_t i = 0; i < size; ++i) {
    column[i] /= root;
    variance[i] -= column[i] * column[i];
  }
  column[pivot] = root;
  variance[pivot] = 0;
  ++done;
}

void GroupSelection::Select(std::span<const int64_t> members, std::span<const int64_t> candidates,
                            int64_t k, Pace& pace) {
  RESIDUAL_KNN_ASSERT(std::is_sorted(candidates.begin(), candidates.end()));
  Load(members, candidates);
  ConditionOnMembers(pace);
  const int64_t count = std::min(k, num_candidates_);
  picks_.clear();
  while (std::ssize(picks_) < count) {
    const int64_t best = BestCandidate();
    if (best < 0) break;
    const std::span<const double> correlations = CorrelationsOf(best, pace);
    by_picks_.Condition(best, level_[best], correlations);
    by_group_.Condition(best, level_[best], correlations);
    taken_[best] = true;
    picks_.push_back({rows_[best], largest_rho_[best]});
  }
  informative_ = std::ssize(picks_);
  FillUp(count);
}

void GroupSelection::Load(std::span<const int64_t> members, std::span<const int64_t> candidates) {
  num_candidates_ = std::ssize(candidates);
  rows_.assign(candidates.begin(), candidates.end());
  rows_.insert(rows_.end(), members.begin(), members.end());
  rows_of_all_.Load(rows_);
  const auto size = std::ssize(rows_);
  correlations_.resize(static_cast<size_t>(size + RowGroup::kSlack));
  largest_rho_.assign(static_cast<size_t>(num_candidates_), 0.0);
  taken_.assign(static_cast<size_t>(num_candidates_), false);
  by_picks_.Reset(size);
  by_group_.Reset(size);
  const SelectionRounding rounding(model_, size);
  level_.resize(static_cast<size_t>(size));
  for (int64_t j = 0; j < size; ++j) {
    level_[j] = rounding.OfVariance(SquaredNorm(rows_of_all_.v(j), model_.m()),
                                    rows_of_all_.inverse_deviation(j));
  }
}

// The raw correlations of one of the rows with all; that with itself is 1.
std::span<const double> GroupSelection::CorrelationsOf(int64_t place, Pace& pace) {
  const auto size = std::ssize(rows_);
  pace.Spend(size * (model_.m() + model_.d() + by_picks_.done + by_group_.done) /
             Pace::kMultiplications);
  rows_of_all_.Correlations(place, correlations_.data());
  correlations_[place] = 1;
  return {correlations_.data(), static_cast<size_t>(size)};
}

void GroupSelection::ConditionOnMembers(Pace& pace) {
  for (int64_t member = num_candidates_; member < std::ssize(rows_); ++member) {
    // A degenerate member is correlated with nothing.
    if (rows_of_all_.inverse_deviation(member) == 0) continue;
    const std::span<const double> correlations = CorrelationsOf(member, pace);
    for (int64_t j = 0; j < num_candidates_; ++j) {
      if (std::abs(correlations[j]) > std::abs(largest_rho_[j])) largest_rho_[j] = correlations[j];
    }
    by_group_.Condition(member, level_[member], correlations);
  }
}

// -1 if no informative candidate is left.
int64_t GroupSelection::BestCandidate() const {
  int64_t best = -1;
  double largest = 1;
  for (int64_t j = 0; j < num_candidates_; ++j) {
    const double d = by_picks_.variance[j];
    const double e = by_group_.variance[j];
    // Both variances have errors of the size of the level.
    if (taken_[j] || !(d > level_[j]) || !(d - e > 2 * level_[j])) continue;
    const double ratio = d / std::max(e, level_[j]);
    if (ratio > largest) {
      largest = ratio;
      best = j;
    }
  }
  return best;
}

void GroupSelection::FillUp(int64_t count) {
  if (std::ssize(picks_) == count) return;
  order_.clear();
  for (int64_t j = 0; j < num_candidates_; ++j) {
    if (!taken_[j]) order_.push_back(j);
  }
  SortForFilling(order_, largest_rho_);
  for (const int64_t j : order_) {
    if (std::ssize(picks_) == count) break;
    picks_.push_back({rows_[j], largest_rho_[j]});
  }
}

}  // namespace residual_knn
