// The state of one worker of a tree search, and the steps that all traversals are made of.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "descent/block_bounder.h"
#include "descent/leaf_scorer.h"
#include "descent/query_columns.h"
#include "descent/selected_columns.h"
#include "query/search_job.h"
#include "query/search_statistics.h"
#include "tree/coupling.h"
#include "tree/residual_tree.h"

namespace residual_knn {

// A traversal calls the steps below for the searching queries of the chunk, until no block is left whose bound reaches
// a query's threshold.
class TreeWorker {
 public:
  // Worker `index` of the job; chunks have up to `most` queries.
  TreeWorker(const SearchJob& job, int64_t most, int index);

  // Loads a chunk, and scores the leaves around each query and the rows outside the tree, for first thresholds.
  // False if the monitor was stopped.
  bool Begin(const ResidualTree& tree, std::span<const int64_t> which);

  [[nodiscard]] const ResidualTree& tree() const { return *tree_; }
  [[nodiscard]] QueryColumns& chunk() { return chunk_; }
  // Queries of the chunk that are searched: all that are not degenerate, have candidates and are not left.
  [[nodiscard]] std::span<const int64_t> searching() const { return searching_; }
  // Queries of the set, of all chunks so far, for which a tree is of no use: the points around them are nearly
  // uncorrelated with them, and no bound is below such a correlation. Finish does not write them.
  [[nodiscard]] std::span<const int64_t> left() const { return left_; }
  [[nodiscard]] SearchCounts& counters() { return counters_; }

  // Bounds blocks [first, last) of level l for some queries of the chunk.
  void Bound(int l, int64_t first, int64_t last, std::span<const int64_t> which,
             BoundedBlocks& bounded);
  // Collects those queries for which a block cannot be dismissed, as indices in `which`, the queries of `bounded`.
  void CollectOpen(int l, int64_t block, std::span<const int64_t> which,
                   const BoundedBlocks& bounded, std::vector<int64_t>& open);
  // Searches the points of a leaf for the queries for which the leaf is still open.
  void SearchLeaf(int64_t leaf, std::span<const int64_t> which, const BoundedBlocks& bounded);
  // The same for one query, with its coordinates z in the leaf's span.
  void SearchPoints(int64_t leaf, int64_t q, const float* z, double square, double total);
  // Searches blocks [first, last) of level l depth first.
  void Descend(int l, int64_t first, int64_t last, std::span<const int64_t> which);

  // True if Begin has scored the leaf for the query.
  [[nodiscard]] bool IsNear(int64_t leaf, int64_t q) const {
    return chunk_.home_leaf(q) / 2 == leaf / 2;
  }
  [[nodiscard]] bool HasCandidates(const PivotBlock& block, int64_t q) const {
    return block.begin < block.end && block.smallest_row < chunk_.block().limit[q];
  }

  void Finish();

  [[nodiscard]] const ResidualModel& model() const { return model_; }
  [[nodiscard]] ThreadMonitor& monitor() { return monitor_; }

 private:
  struct Frame {
    BoundedBlocks bounded;
    std::vector<int64_t> open;
  };

  void ScoreNear();
  void ScoreOutsideTree();
  void LeaveUncorrelated();

  const SearchJob job_;
  const ResidualModel& model_;
  ThreadMonitor monitor_;
  const ResidualTree* tree_ = nullptr;
  QueryColumns chunk_;
  SelectedColumns selected_;
  BlockBounder bounder_;
  LeafScorer scorer_;
  SearchCounts counters_;
  std::vector<int64_t> searching_;
  std::span<const int64_t> which_;  // the queries of the set that the chunk holds
  std::vector<bool> is_left_;       // by q
  std::vector<int64_t> left_;
  std::vector<Frame> frames_;
  std::vector<int64_t> near_;
  std::vector<float> z_;
  std::vector<int32_t> points_;
  std::vector<Neighbor> degenerate_;
};

}  // namespace residual_knn
