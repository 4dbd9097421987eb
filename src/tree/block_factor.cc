#include "tree/block_factor.h"

#include <algorithm>
#include <cmath>

namespace residual_knn {

void BlockFactor::Run(std::span<const int64_t> rows, const BlockFactorOptions& options,
                      Pace& pace) {
  rows_.Load(rows, &pace);
  const int64_t count = rows_.size();
  stride_ = StrideOf(count);
  pivots_.clear();
  w_.clear();
  pivot_scales_ = 0;
  inflation_ = 0;
  largest_total_ = 0;
  row_.resize(static_cast<size_t>(stride_ + 16));
  unexplained_.resize(static_cast<size_t>(count));
  diagonal_.clear();
  double largest_deficit = 0;
  for (int64_t j = 0; j < count; ++j) {
    const double inverse_deviation = rows_.inverse_deviation(j);
    const double deficit = margins_.Deficit(inverse_deviation);
    if (inverse_deviation > 0) {
      largest_deficit = std::max(largest_deficit, margins_.PivotDeficit(inverse_deviation));
    }
    // A degenerate point has correlation 0 with all points: its feature vector is 0.
    unexplained_[j] = inverse_deviation > 0 ? 1 + deficit : 0;
  }
  const int64_t most = std::min(count, Margins::kMaxRank);
  const double deficit = static_cast<double>(most) * largest_deficit;
  while (static_cast<int64_t>(pivots_.size()) < most) {
    const int64_t pivot = LeastExplained();
    if (open_[pivot] <= options.tolerance) break;
    AddPivot(pivot, deficit,
             margins_.PivotRidge(options.single, options.coarse, rows_.inverse_deviation(pivot)));
    pace.Spend(count * (rows_.m() + rank()) / Pace::kMultiplications);
  }
  FinishTotals();
}

// The point with the largest unexplained share, among points that are not pivots.
int64_t BlockFactor::LeastExplained() {
  open_ = unexplained_;
  for (const int64_t pivot : pivots_) open_[pivot] = -1;
  return std::max_element(open_.begin(), open_.end()) - open_.begin();
}

void BlockFactor::AddPivot(int64_t pivot, double deficit, double ridge) {
  const int64_t count = rows_.size();
  const int64_t done = rank();
  w_.resize(static_cast<size_t>((done + 1) * stride_));
  rows_.Correlations(pivot, row_.data());
  // As a candidate the pivot counts as another point, a copy without the ridge. The ridge covers the errors of a
  // query's products with the pivot; these errors do not concern the candidate.
  row_[pivot] = 1;
  double self = 1 + deficit + ridge;
  for (int64_t a = 0; a < done; ++a) {
    const double* previous = w_.data() + a * stride_;
    const double factor = previous[pivot];
    self -= factor * factor;
    for (int64_t j = 0; j < count; ++j) row_[j] -= factor * previous[j];
  }
  const double root = std::sqrt(self);
  double* w = w_.data() + done * stride_;
  for (int64_t j = 0; j < count; ++j) {
    w[j] = row_[j] / root;
    unexplained_[j] = std::max(unexplained_[j] - w[j] * w[j], 0.0);
  }
  std::fill(w + count, w + stride_, 0.0);
  diagonal_.push_back(root);
  pivots_.push_back(pivot);
  const double square = rows_.inverse_deviation(pivot) * rows_.inverse_deviation(pivot);
  pivot_scales_ += square;
  inflation_ += 4 * square / ridge;
  // More than is needed: as a candidate and as a query, the pivot has no ridge.
  largest_total_ = std::max(largest_total_, 1 + deficit + ridge);
}

void BlockFactor::FinishTotals() {
  const int64_t count = rows_.size();
  lower_.assign(static_cast<size_t>(rank() * rank()), 0.0);
  for (int64_t i = 0; i < rank(); ++i) {
    for (int64_t a = 0; a < i; ++a) lower_[i * rank() + a] = w_[a * stride_ + pivots_[i]];
    lower_[i * rank() + i] = diagonal_[i];
  }
  // The part of the unexplained shares that covers errors of the products from which w was computed.
  const double error = margins_.LargestError(false);
  const double eta = error * error * inflation_;
  for (int64_t j = 0; j < count; ++j) {
    const double inverse_deviation = rows_.inverse_deviation(j);
    if (inverse_deviation == 0) continue;
    const double added = eta * inverse_deviation * inverse_deviation;
    unexplained_[j] += added;
    largest_total_ = std::max(largest_total_, 1 + margins_.Deficit(inverse_deviation) + added);
  }
}

}  // namespace residual_knn
