// Neighbor lists read backwards: for each row, the rows that have it among their k nearest neighbors.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/residual_model.h"
#include "parallel/monitor.h"
#include "query/ranking.h"
#include "search/prepared.h"

namespace residual_knn {

class ReverseNeighbors {
 public:
  // No lists: every span is empty.
  explicit ReverseNeighbors(int64_t n) : starts_(static_cast<size_t>(n) + 1) {}
  // From a search for the k nearest neighbors of all rows.
  ReverseNeighbors(const ResidualModel& model, Prepared& prepared, int64_t k, int threads,
                   Monitor& monitor);

  // The rows that have `row` among their k nearest, and the distances that they have from it; ascending rows.
  [[nodiscard]] std::span<const Neighbor> Of(int64_t row) const {
    const auto i = static_cast<size_t>(row);
    return std::span(entries_).subspan(starts_[i], starts_[i + 1] - starts_[i]);
  }

 private:
  std::vector<size_t> starts_;  // of each row's part of entries_, with the end of the last
  std::vector<Neighbor> entries_;
};

}  // namespace residual_knn
