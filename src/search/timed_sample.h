// Queries on which a search by tree and a scan are timed against each other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "descent/chunk_plan.h"

namespace residual_knn {

// The sample is spread evenly over the queries. No query is searched twice.
class TimedSample {
 public:
  // Smallest number of chunks for a timing.
  static constexpr size_t kFewChunks = 8;

  // `chunks` are at least kFewChunks.
  TimedSample(const QuerySet& queries, std::span<const Chunk* const> chunks, int threads);
  TimedSample(const TimedSample&) = delete;
  TimedSample& operator=(const TimedSample&) = delete;

  [[nodiscard]] std::span<const Chunk* const> by_tree() const { return by_tree_; }
  [[nodiscard]] double tree_queries() const;

  // Takes some of the remaining queries, for brute force.
  [[nodiscard]] std::vector<int64_t> TakeForScan();

  // The remaining chunks, which this object owns.
  [[nodiscard]] std::vector<const Chunk*> rest() const;
  [[nodiscard]] double rest_queries() const;
  [[nodiscard]] double rest_pairs() const;
  [[nodiscard]] double Pairs(std::span<const int64_t> which) const;

 private:
  const QuerySet& queries_;
  int threads_;
  std::vector<const Chunk*> by_tree_;
  std::vector<Chunk> left_;
  std::vector<size_t> for_scan_;  // indices in left_
};

}  // namespace residual_knn
