// The nearest candidates of one query that have been found so far.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "query/ranking.h"

namespace residual_knn {

// Neighbors are ordered by squared distance, ties by row. `distance` holds the square until Finish.
class NearestList {
 public:
  void Reset(int64_t k) {
    k_ = k;
    shrink_at_ = k;
    worst_ = {std::numeric_limits<double>::infinity(), std::numeric_limits<int64_t>::max()};
    found_.clear();
  }

  // A candidate that is not before this one is not among the k nearest.
  [[nodiscard]] const Neighbor& worst() const { return worst_; }

  void Append(double square, int64_t row) { found_.push_back({square, row}); }

  // To be called now and then, so that worst() comes nearer.
  void Prune() {
    if (std::ssize(found_) < shrink_at_) return;
    KeepNearest();
    worst_ = found_.back();
    shrink_at_ = k_ + std::max<int64_t>(k_ / 2, 8);
  }

  // The k nearest, or all if fewer, in order and with their distances.
  std::span<const Neighbor> Finish() {
    if (std::ssize(found_) > k_) KeepNearest();
    std::sort(found_.begin(), found_.end());
    for (Neighbor& neighbor : found_) neighbor.distance = std::sqrt(neighbor.distance);
    return found_;
  }

 private:
  void KeepNearest() {
    const auto last = found_.begin() + static_cast<std::ptrdiff_t>(k_ - 1);
    std::nth_element(found_.begin(), last, found_.end());
    found_.resize(static_cast<size_t>(k_));
  }

  int64_t k_ = 1;
  int64_t shrink_at_ = 1;
  Neighbor worst_{};
  std::vector<Neighbor> found_;
};

}  // namespace residual_knn
