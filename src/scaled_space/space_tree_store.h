// The trees of the scaled space of an index: built when a search first needs them, then kept.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/residual_model.h"
#include "parallel/lazy.h"
#include "scaled_space/space_tree.h"

namespace residual_knn {

class IndexReader;
class IndexWriter;

// Stage 0 is the tree of all rows. Each next stage is the tree of a shorter prefix of the rows, for queries whose
// candidates are their predecessors.
class SpaceTreeStore {
 public:
  explicit SpaceTreeStore(const ResidualModel& model);

  // Takes over the orders of the trees of another store. That store has the same rows; the coordinates here are
  // `ratios` times as large.
  void AdoptOrders(SpaceTreeStore& other, std::span<const double> ratios);

  [[nodiscard]] int num_stages() const { return static_cast<int>(stages_.size()); }
  // Rows of a stage.
  [[nodiscard]] int64_t size(int stage) const { return stages_[stage]->rows; }
  [[nodiscard]] bool Has(int stage) const { return stages_[stage]->tree.IfMade() != nullptr; }

  // The tree of a stage, built now if it does not exist. Calling thread only. While another thread builds the tree, the
  // call waits.
  const SpaceTree& Get(int stage, int threads, Monitor& monitor);

  // Adds the pairs of a search; returns the sum of those of earlier searches.
  double AskedBefore(double pairs) { return asked_.fetch_add(pairs, std::memory_order_relaxed); }

  // The trees that exist, and the orders that are kept for others.
  void Save(const IndexWriter& writer) const;
  // No other thread may use this object meanwhile.
  void Load(const IndexReader& reader);

  [[nodiscard]] int64_t bytes() const;

 private:
  struct Stage {
    int64_t rows = 0;
    Lazy<SpaceTree> tree;
    SpaceOrder order;  // of an earlier tree; empty if there is none
  };

  const ResidualModel& model_;
  std::vector<std::unique_ptr<Stage>> stages_;
  std::atomic<double> asked_{0};
};

}  // namespace residual_knn
