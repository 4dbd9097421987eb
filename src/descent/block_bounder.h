// Bounds of queries against sibling blocks: one matrix product with the pivots of all blocks, then |z| and the bounds.
#pragma once

#include <cstdint>
#include <vector>

#include "base/aligned_vector.h"
#include "descent/query_columns.h"
#include "query/search_statistics.h"
#include "tree/pivot_blocks.h"

namespace residual_knn {

// Coordinates and bounds of some queries in consecutive blocks, from first_block on. The memory is reused.
struct BoundedBlocks {
  int64_t first_block = 0;
  int64_t first_pivot = 0;
  int64_t width = 0;
  bool single = false;
  AlignedVector z;        // pivots x width
  AlignedVector squares;  // blocks x width, |z|^2
  AlignedVector totals;   // blocks x width, |phi|^2 plus the errors of these products
  AlignedVector bounds;   // blocks x width

  [[nodiscard]] double Bound(int64_t block, int64_t column) const {
    return bounds[(block - first_block) * width + column];
  }
};

class BlockBounder {
 public:
  explicit BlockBounder(const ResidualModel& model) : model_(model) {}

  // Bounds the blocks of a run for the columns, which are queries of the chunk.
  void Bound(const BlockRun& run, const QueryColumns& chunk, const Columns& columns,
             BoundedBlocks& out, SearchCounts& counters);

 private:
  const ResidualModel& model_;
  AlignedVector products_;
  AlignedFloats products32_;
  std::vector<double> covariances_;
};

}  // namespace residual_knn
