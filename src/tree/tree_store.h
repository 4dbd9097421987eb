// The trees of an index: built when a search first needs them, then kept.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "model/residual_model.h"
#include "parallel/monitor.h"
#include "tree/residual_tree.h"

namespace residual_knn {

// Stage 0 is the tree of all rows; stage s that of the first n / kRatio^s, for queries that only their
// predecessors concern.
class TreeStore {
 public:
  explicit TreeStore(const ResidualModel& model);

  [[nodiscard]] int num_stages() const { return static_cast<int>(sizes_.size()); }
  // Rows of a stage.
  [[nodiscard]] int64_t size(int stage) const { return sizes_[stage]; }

  // The tree of a stage, built now if nobody has. Any thread; while another builds, waits and polls. Adds
  // what building took to `seconds`.
  const ResidualTree& Get(int stage, int threads, Monitor& monitor, double& seconds);

  [[nodiscard]] bool Has(int stage);
  [[nodiscard]] int64_t bytes();

 private:
  const ResidualModel& model_;
  std::vector<int64_t> sizes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> building_;
  std::vector<std::unique_ptr<ResidualTree>> trees_;
};

}  // namespace residual_knn
