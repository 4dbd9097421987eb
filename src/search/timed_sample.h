// Queries on which a search by tree and a scan are timed against each other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "descent/chunk_plan.h"

namespace residual_knn {

// Spread evenly; none is searched twice.
class TimedSample {
 public:
  // Chunks without which there is nothing to decide.
  static constexpr size_t kFewChunks = 8;

  // At least kFewChunks chunks.
  TimedSample(const QuerySet& queries, std::span<const Chunk* const> chunks, int threads);
  TimedSample(const TimedSample&) = delete;
  TimedSample& operator=(const TimedSample&) = delete;

  [[nodiscard]] std::span<const Chunk* const> by_tree() const { return by_tree_; }
  [[nodiscard]] double tree_queries() const;

  // Takes some queries of what is left, for brute force.
  [[nodiscard]] std::vector<int64_t> TakeForScan();

  // What is left, in memory of this.
  [[nodiscard]] std::vector<const Chunk*> rest() const;
  [[nodiscard]] double rest_queries() const;
  [[nodiscard]] double rest_pairs() const;
  [[nodiscard]] double Pairs(std::span<const int64_t> which) const;

 private:
  const QuerySet& queries_;
  int threads_;
  std::vector<const Chunk*> by_tree_;
  std::vector<Chunk> left_;
  std::vector<size_t> for_scan_;  // of left_
};

}  // namespace residual_knn
