// Queries on which a search by tree and a scan are timed against each other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "search/chunk_plan.h"

namespace residual_knn {

// Spread evenly; none is searched twice.
class TimedSample {
 public:
  // Chunks without which there is nothing to decide.
  static constexpr size_t kFewChunks = 8;

  // At least kFewChunks chunks, which this keeps parts of.
  TimedSample(const QuerySet& queries, std::span<const Chunk* const> chunks, int threads,
              bool scan_is_known);
  TimedSample(const TimedSample&) = delete;
  TimedSample& operator=(const TimedSample&) = delete;

  [[nodiscard]] std::span<const Chunk* const> by_tree() const { return by_tree_; }
  [[nodiscard]] std::span<const int64_t> by_scan() const { return by_scan_; }
  [[nodiscard]] const std::vector<const Chunk*>& rest() const { return rest_; }
  [[nodiscard]] double tree_queries() const { return std::max(tree_queries_, 1.0); }
  [[nodiscard]] double scan_pairs() const { return scan_pairs_; }
  [[nodiscard]] double rest_queries() const { return rest_queries_; }
  [[nodiscard]] double rest_pairs() const { return rest_pairs_; }

 private:
  std::vector<const Chunk*> by_tree_;
  std::vector<int64_t> by_scan_;
  std::vector<Chunk> shortened_;
  std::vector<const Chunk*> rest_;
  double tree_queries_ = 0;
  double scan_pairs_ = 0;
  double rest_queries_ = 0;
  double rest_pairs_ = 0;
};

}  // namespace residual_knn
