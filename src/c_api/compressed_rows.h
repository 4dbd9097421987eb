// Neighbors of queries in compressed rows, kept until a search has succeeded.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "parallel/parallel_for.h"
#include "query/result_sink.h"

namespace residual_knn {

// Counts all neighbors, and keeps them while they are at most `capacity`.
class CompressedRows : public ResultSink {
 public:
  CompressedRows(int64_t num_queries, int64_t capacity)
      : capacity_(capacity),
        counts_(static_cast<size_t>(num_queries)),
        kept_(capacity > 0 ? counts_.size() : 0) {}

  void Write(const QueryBlock& block, int64_t query, std::span<const Neighbor> neighbors) override {
    const auto slot = static_cast<size_t>(block.slot[query]);
    counts_[slot] += std::ssize(neighbors);
    const int64_t before = total_.fetch_add(std::ssize(neighbors), std::memory_order_relaxed);
    if (kept_.empty() || before + std::ssize(neighbors) > capacity_) return;
    kept_[slot].insert(kept_[slot].end(), neighbors.begin(), neighbors.end());
  }

  // After the search.
  [[nodiscard]] int64_t total() const { return total_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool complete() const { return total() <= capacity_; }

  // Sorts the neighbors of each query.
  void Sort(int threads, Monitor& monitor) {
    constexpr int64_t kQueriesOfTask = 256;
    const auto count = std::ssize(kept_);
    ParallelFor(threads, (count + kQueriesOfTask - 1) / kQueriesOfTask, monitor,
                [&](int64_t task, int worker) {
                  const int64_t end = std::min((task + 1) * kQueriesOfTask, count);
                  ThreadMonitor thread(monitor, worker);
                  for (int64_t i = task * kQueriesOfTask; i < end && thread.GoOn(); ++i) {
                    std::sort(kept_[i].begin(), kept_[i].end());
                  }
                });
  }

  void CopyOffsets(int64_t* offsets) const {
    offsets[0] = 0;
    for (size_t i = 0; i < counts_.size(); ++i) offsets[i + 1] = offsets[i] + counts_[i];
  }
  template <class Row>
  void CopyNeighbors(Row base, Row* neighbors, double* distances) const {
    int64_t at = 0;
    for (const std::vector<Neighbor>& row : kept_) {
      for (const Neighbor& neighbor : row) {
        neighbors[at] = static_cast<Row>(neighbor.row + base);
        if (distances != nullptr) distances[at] = neighbor.distance;
        ++at;
      }
    }
  }

 private:
  const int64_t capacity_;
  std::atomic<int64_t> total_{0};
  std::vector<int64_t> counts_;
  std::vector<std::vector<Neighbor>> kept_;
};

}  // namespace residual_knn
