// Points re-ordered so that every node of a balanced tree is a contiguous range.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/scaled_points.h"
#include "parallel/monitor.h"
#include "parallel/pace.h"
#include "storage/stored_array.h"

namespace residual_knn {

class IndexReader;
class IndexWriter;

// A complete binary tree over some rows: node i of depth t is one of 2^t ranges of positions. Rows ascend within a
// leaf, so that the predecessors of a row are the first points of each leaf.
class SpaceOrder {
 public:
  SpaceOrder() = default;

  // Nodes are split at the median of their widest coordinate. Width is measured in the middle of a sample, so that a
  // few far points do not decide which coordinate is widest. Leaves hold at most `leaf_size` rows.
  SpaceOrder(const ScaledPoints& points, std::vector<int64_t> rows, int64_t leaf_size, int threads,
             Monitor& monitor);

  // Nodes are consecutive parts of `rows`, in the given order. Rows that follow each other in the list should be
  // similar.
  SpaceOrder(std::vector<int64_t> rows, int64_t leaf_size, Monitor& monitor);

  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(rows_.size()); }
  [[nodiscard]] int depth() const { return depth_; }
  // Row at each position.
  [[nodiscard]] std::span<const int64_t> rows() const { return rows_.view(); }
  // First position of node i of depth t; i may be 2^t, which gives size().
  [[nodiscard]] int64_t Begin(int t, int64_t i) const {
    return starts_[static_cast<size_t>(i << (depth_ - t))];
  }
  // The leaf whose region contains a point; 0 if the order was made without coordinates.
  [[nodiscard]] int64_t LeafOf(const double* point) const;
  // The leaf of a position.
  [[nodiscard]] int64_t LeafAt(int64_t position) const;

  // Multiplies the regions of nodes by `ratios`, for points whose coordinates have been multiplied by `ratios`. Nodes
  // keep their rows; the order stays as good if the ratios are nearly equal.
  void Rescale(std::span<const double> ratios);

  [[nodiscard]] int64_t bytes() const;

  // Only orders that were made with coordinates can be saved.
  void Save(const IndexWriter& writer) const;
  // An order of rows below `n`, in leaves of at most `leaf_size` rows, of points with d coordinates.
  void Load(const IndexReader& reader, int64_t n, int64_t leaf_size, int64_t d);

 private:
  struct Split {
    int64_t coordinate = 0;
    double value = 0;
  };

  template <class Self, class Archive>
  static void NameMembers(Self& self, const Archive& archive);
  void ChooseDepth(int64_t leaf_size);
  // Sets where the second half of a node begins, which follows from the number of all rows, and returns it.
  int64_t SplitEvenly(int t, int64_t i);
  void SplitNode(const ScaledPoints& points, int t, int64_t i, Pace& pace);
  void SortLeaves(Monitor& monitor);

  int depth_ = 0;
  StoredArray<int64_t, std::vector<int64_t>> rows_;
  std::vector<int64_t> starts_;  // of leaves, with size() at the end
  std::vector<Split> splits_;    // node i of depth t at 2^t + i
};

}  // namespace residual_knn
