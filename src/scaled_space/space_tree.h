// A k-d tree of the scaled points of some first rows, with the boxes of its nodes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "model/scaled_points.h"
#include "parallel/monitor.h"
#include "points/space_order.h"
#include "simd/space_blocks.h"
#include "storage/stored_array.h"

namespace residual_knn {

class IndexReader;
class IndexWriter;

// The nodes are those of a SpaceOrder at every third depth, so that an inner node has up to kBoxesAtOnce children. A
// child that is missing has an empty box. Inner nodes have the numbers [0, num_inner()), from the root down; leaf l has
// the number num_inner() + l.
class SpaceTree {
 public:
  // The points of the rows [0, rows). `kept` is an order of these rows in space that the tree takes over; if it is
  // empty, the tree makes its own.
  SpaceTree(const ScaledPoints& points, int64_t rows, const SpaceOrder& kept, int threads,
            Monitor& monitor);

  [[nodiscard]] const SpaceOrder& order() const { return order_; }
  [[nodiscard]] int64_t num_inner() const { return static_cast<int64_t>(first_child_.size()); }
  // Children of the root; 0 if the root is a leaf.
  [[nodiscard]] int64_t num_coarse() const { return num_inner() > 0 ? NumChildren(0) : 0; }

  // The children of an inner node are numbered from FirstChild on.
  [[nodiscard]] int64_t FirstChild(int64_t node) const { return first_child_[node]; }
  [[nodiscard]] int64_t NumChildren(int64_t node) const {
    return node == 0 ? root_children_ : kBoxesAtOnce;
  }
  // The boxes of its children, as BoundBoxes reads them.
  [[nodiscard]] const double* Boxes(int64_t node) const {
    return boxes_.data() + node * 2 * kBoxesAtOnce * dimensions_;
  }
  // The smallest row of each child.
  [[nodiscard]] std::span<const int64_t> SmallestRows(int64_t node) const {
    return smallest_rows_.view().subspan(static_cast<size_t>(node * kBoxesAtOnce),
                                         static_cast<size_t>(NumChildren(node)));
  }

  // The rows of a leaf, ascending, and their points.
  [[nodiscard]] std::span<const int64_t> Rows(int64_t leaf) const {
    const int64_t begin = order_.Begin(order_.depth(), leaf);
    const int64_t end = order_.Begin(order_.depth(), leaf + 1);
    return order_.rows().subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  }
  // The first `count` points of a leaf.
  [[nodiscard]] PointRange Points(int64_t leaf, int64_t count) const {
    return {blocks_.data() + leaf * dimensions_ * stride_, stride_, dimensions_, count};
  }
  // No leaf has more rows.
  static constexpr int64_t kLeafRows = 32;

  [[nodiscard]] int64_t bytes() const;

  void Save(const IndexWriter& writer) const;
  // A saved tree of the rows [0, rows).
  SpaceTree(const IndexReader& reader, int64_t dimensions, int64_t rows);

 private:
  template <class Self, class Archive>
  static void NameMembers(Self& self, const Archive& archive);
  // Numbers the inner nodes, and returns how many of them each level has.
  std::vector<int64_t> NumberNodes();
  void CopyPoints(const ScaledPoints& points, int threads, Monitor& monitor);
  void MakeNodes(int threads, Monitor& monitor);
  void FillNode(int64_t node);
  void PutLeaf(int64_t leaf, int64_t node, int64_t child);
  void PutInner(int64_t inner, int64_t node, int64_t child);

  int64_t dimensions_;
  int64_t stride_ = kLeafRows;
  int64_t root_children_ = 0;
  SpaceOrder order_;
  StoredDoubles blocks_;  // leaf by leaf, dimension-major
  StoredDoubles boxes_;
  StoredArray<int64_t> smallest_rows_;
  std::vector<int64_t> first_child_;
};

}  // namespace residual_knn
