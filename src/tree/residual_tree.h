// The residual tree of a prefix of the rows: an order in space, and the pivots of its blocks at a few depths.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "model/residual_model.h"
#include "parallel/lazy.h"
#include "points/space_order.h"
#include "simd/covariance_view.h"
#include "storage/stored_array.h"
#include "tree/coupling.h"
#include "tree/pivot_blocks.h"

namespace residual_knn {

class IndexReader;
class IndexWriter;

struct TreeShape {
  int64_t leaf_size = 128;
  double leaf_tolerance = 0.3;
  double coarse_tolerance = 0.1;
  int levels = 2;  // of blocks
  int shift = 3;   // a block holds 2^shift blocks of the next finer level
};

class ResidualTree {
 public:
  // A tree of the first `size` rows. Uses the order `kept` if that is an order of the same rows.
  ResidualTree(const ResidualModel& model, int64_t size, const TreeShape& shape,
               const SpaceOrder& kept, const Workforce& workforce, Monitor& monitor);

  void Save(const IndexWriter& writer, const ResidualModel& model) const;
  // A saved tree of the first `size` rows.
  ResidualTree(const IndexReader& reader, const ResidualModel& model, int64_t size);

  [[nodiscard]] int64_t size() const { return size_; }
  [[nodiscard]] const SpaceOrder& order() const { return order_; }
  [[nodiscard]] const Margins& margins() const { return margins_; }
  // Rows outside the tree, because rounding is too large relative to their p. Every query is scored against them.
  // Ascending.
  [[nodiscard]] std::span<const int64_t> outside_tree() const { return outside_tree_; }

  // Level 0 holds the leaves.
  [[nodiscard]] int top() const { return static_cast<int>(levels_.size()) - 1; }
  [[nodiscard]] const PivotBlocks& level(int l) const { return levels_[l]; }
  [[nodiscard]] const PivotBlocks& leaves() const { return levels_.front(); }
  // Blocks of level l - 1 that make up block b of level l: [FirstChild(l, b), FirstChild(l, b + 1)).
  [[nodiscard]] int64_t FirstChild(int l, int64_t b) const {
    return b << (levels_[l - 1].depth() - levels_[l].depth());
  }
  // The block of level l that holds a leaf.
  [[nodiscard]] int64_t BlockOf(int l, int64_t leaf) const {
    return leaf >> (levels_[0].depth() - levels_[l].depth());
  }

  // The coupling of block `home` of the coarsest level with all others, computed when it is first needed. Null if all
  // couplings together would take too much memory. Any thread may call this.
  [[nodiscard]] const Coupling* coupling(const ResidualModel& model, int64_t home,
                                         CouplingScratch& scratch, ThreadMonitor monitor) const;

  // Points by position. V32 exists if some leaf uses single precision.
  [[nodiscard]] PointsView points() const { return {coordinates_.data(), stride_, dimensions_}; }
  [[nodiscard]] const double* inverse_deviations() const { return inverse_deviations_.data(); }
  [[nodiscard]] const float* v32() const { return v32_.data(); }
  // Largest 1 / sqrt(p) of the points in blocks.
  [[nodiscard]] double largest_inverse_deviation() const { return largest_inverse_deviation_; }
  // Position of a row, -1 for one in no block.
  [[nodiscard]] int64_t position(int64_t row) const { return positions_[row]; }
  [[nodiscard]] int64_t bytes() const;
  // About the bytes of a tree for each of its points, couplings included, by the cover (cover_sample.h).
  static double BytesOfPoint(const ResidualModel& model, double cover);
  // The bytes of all couplings of so many pivots of the coarsest level; 0 if they are too many to be kept.
  static double CouplingBytes(double pivots, double n, double m, bool stores_factor);

 private:
  template <class Self, class Archive>
  static void NameMembers(Self& self, const ResidualModel& model, const Archive& archive);
  void RequirePositions(const IndexReader& reader) const;
  [[nodiscard]] bool AnySingleLeaf() const;

  std::vector<int64_t> ChooseRows(const ResidualModel& model);
  std::vector<bool> SingleBlocks(const ResidualModel& model, int t) const;
  void PrepareCouplings(const ResidualModel& model);
  void LoadPoints(const ResidualModel& model, bool single, int threads, Monitor& monitor);

  int64_t size_;
  Margins margins_;
  std::vector<int64_t> outside_tree_;
  SpaceOrder order_;
  std::vector<PivotBlocks> levels_;
  std::vector<std::unique_ptr<Lazy<Coupling>>> couplings_;
  int64_t stride_ = 0;
  int64_t dimensions_ = 0;
  StoredDoubles coordinates_;
  StoredDoubles inverse_deviations_;
  StoredFloats v32_;
  double largest_inverse_deviation_ = 0;
  StoredArray<int64_t> positions_;
};

}  // namespace residual_knn
