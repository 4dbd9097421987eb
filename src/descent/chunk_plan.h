// Groups queries into chunks and assigns each chunk a tree.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "query/search_job.h"
#include "tree/tree_store.h"

namespace residual_knn {

// Queries that meet one tree together, in the order of its leaves.
struct Chunk {
  const ResidualTree* tree;
  const std::vector<int64_t>* queries;
  int64_t first;
  int64_t count;
  int64_t home;  // block of the coarsest level that all queries are rows of, or -1

  [[nodiscard]] std::span<const int64_t> Queries() const {
    return {queries->data() + first, static_cast<size_t>(count)};
  }
};

class ChunkPlan {
 public:
  // Largest number of queries in a chunk: enough for efficient products, few enough for the caches.
  static constexpr int64_t kMost = 1024;
  // The same for these settings: fewer if k is large.
  static int64_t MostInChunk(const SearchSettings& settings);

  // In place of a stage: brute force is fast enough.
  static constexpr int kNoStage = -1;
  // The stage whose tree serves queries with the first `limit` rows as candidates.
  static int StageFor(const TreeStore& trees, int64_t limit);
  // For each stage, whether its tree serves some of the queries.
  static std::vector<bool> StagesFor(const TreeStore& trees, const QuerySet& queries);

  ChunkPlan(const SearchJob& job, TreeStore& trees);
  ChunkPlan(const ChunkPlan&) = delete;
  ChunkPlan& operator=(const ChunkPlan&) = delete;

  [[nodiscard]] std::span<const Chunk> chunks() const { return chunks_; }
  // Queries for brute force: rows outside the tree, and queries with few candidates.
  [[nodiscard]] std::span<const int64_t> brute() const { return brute_; }
  // Seconds that were spent on building trees for this plan.
  [[nodiscard]] double tree_seconds() const { return tree_seconds_; }
  [[nodiscard]] int64_t coarse_blocks() const { return coarse_blocks_; }

 private:
  // Sorts the queries of a stage by leaf. Queries that are rows outside the tree go to brute force.
  void SortInto(const ResidualTree& tree, std::vector<int64_t>& stage);
  // Whether single precision suits a query.
  [[nodiscard]] bool FitsSingle(const ResidualTree& tree, int64_t query) const;
  void Cut(const ResidualTree& tree, const std::vector<int64_t>& stage);

  const SearchJob job_;
  std::vector<std::vector<int64_t>> stages_;
  std::vector<int64_t> brute_;
  std::vector<Chunk> chunks_;
  double tree_seconds_ = 0;
  int64_t coarse_blocks_ = 0;
};

}  // namespace residual_knn
