// The trees of an index: built when a search first needs them, then kept.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/residual_model.h"
#include "parallel/lazy.h"
#include "tree/residual_tree.h"

namespace residual_knn {

// Stage 0 is the tree of all rows; each next stage has a fraction of the first rows, for queries that only
// their predecessors concern.
class TreeStore {
 public:
  explicit TreeStore(const ResidualModel& model);

  // Takes over the orders of the trees of another store, for the same rows with coordinates `ratios` times as
  // large: trees that are built from now on keep them where they can.
  void AdoptOrders(TreeStore& other, std::span<const double> ratios);

  [[nodiscard]] int num_stages() const { return static_cast<int>(sizes_.size()); }
  // Rows of a stage.
  [[nodiscard]] int64_t size(int stage) const { return sizes_[stage]; }

  // The tree of a stage, built now if nobody has. Any thread; while another builds, waits. Adds
  // what that took to `seconds`.
  const ResidualTree& Get(int stage, int threads, Monitor& monitor, double& seconds);

  // Pivots a point in a sample of blocks, see cover_sample.h.
  double Cover(Monitor& monitor);

  // How many rows are in no tree because rounding is too large beside their p.
  int64_t RowsOutside(Monitor& monitor);

  [[nodiscard]] bool Has(int stage) { return trees_[stage]->IfMade() != nullptr; }
  [[nodiscard]] int64_t bytes();

 private:
  const ResidualModel& model_;
  std::vector<int64_t> sizes_;
  std::vector<std::unique_ptr<Lazy<ResidualTree>>> trees_;
  std::vector<SpaceOrder> orders_;  // empty ones where there is none to keep
  Lazy<double> cover_;
  Lazy<int64_t> rows_outside_;
};

}  // namespace residual_knn
