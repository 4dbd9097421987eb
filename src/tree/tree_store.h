// The trees of an index: built when a search first needs them, then kept.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/preparation_room.h"
#include "model/residual_model.h"
#include "parallel/lazy.h"
#include "tree/residual_tree.h"

namespace residual_knn {

class IndexReader;
class IndexWriter;

// Stage 0 is the tree of all rows. Each next stage is the tree of a shorter prefix of the rows, for queries whose
// candidates are their predecessors.
class TreeStore {
 public:
  // `max_bytes`: see PreparationRoom.
  explicit TreeStore(const ResidualModel& model, int64_t max_bytes = 0);

  // Takes over the orders of the trees of another store. That store has the same rows; the coordinates here are
  // `ratios` times as large. Trees that are built from now on keep these orders if they can.
  void AdoptOrders(TreeStore& other, std::span<const double> ratios);

  [[nodiscard]] int num_stages() const { return static_cast<int>(sizes_.size()); }
  // Rows of a stage.
  [[nodiscard]] int64_t size(int stage) const { return sizes_[stage]; }

  // The tree of a stage, built now if it does not exist. Any thread may call this; while another thread builds the
  // tree, the call waits. Adds the time that this took to `seconds`. A team builds it together, and on all of its processes it
  // must not exist.
  const ResidualTree& Get(int stage, const Workforce& workforce, Monitor& monitor, double& seconds);

  // Number of pivots for each point in a sample of blocks; see cover_sample.h.
  double Cover(Monitor& monitor);

  // About the bytes of the trees that do not exist yet, by the cover, or as they are in the file that was read.
  double EstimatedBytes(Monitor& monitor);
  // Whether these have room.
  bool HaveRoom(Monitor& monitor) { return max_bytes_ == 0 || EstimatedBytes(monitor) <= Room(); }
  // Bytes that trees may take.
  [[nodiscard]] double Room() const { return PreparationRoom(model_, max_bytes_); }

  // Number of rows outside every tree because rounding is too large relative to their p.
  int64_t RowsOutside(Monitor& monitor);

  // The trees that exist, the orders that are kept for others, and the cover if it is known.
  void Save(const IndexWriter& writer) const;
  // No other thread may use this object meanwhile.
  void Load(const IndexReader& reader);

  [[nodiscard]] bool Has(int stage) { return trees_[stage]->IfMade() != nullptr; }
  [[nodiscard]] int64_t bytes();

 private:
  const ResidualModel& model_;
  const int64_t max_bytes_;
  std::vector<int64_t> sizes_;
  std::vector<std::unique_ptr<Lazy<ResidualTree>>> trees_;
  std::vector<SpaceOrder> orders_;  // empty where there is none to keep
  double left_out_bytes_ = 0;       // of the trees of a file that have no room
  Lazy<double> cover_;
  Lazy<int64_t> rows_outside_;
};

}  // namespace residual_knn
