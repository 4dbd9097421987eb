// A way through the residual tree for the queries of one chunk.
#pragma once

#include <cstdint>
#include <memory>

#include "descent/tree_worker.h"

namespace residual_knn {

// Each worker has its own traversal, which keeps scratch memory.
class Traversal {
 public:
  Traversal() = default;
  Traversal(const Traversal&) = delete;
  Traversal& operator=(const Traversal&) = delete;
  virtual ~Traversal() = default;

  // Called after worker.Begin. Visits every block that may contain a neighbor of a searching query. If `home` is not
  // negative, all queries are rows of that block of the tree's coarsest level.
  virtual void Search(TreeWorker& worker, int64_t home) = 0;
};

std::unique_ptr<Traversal> MakeDualTree();
std::unique_ptr<Traversal> MakeLevelSynchronous();
// Takes the best `nodes` open nodes of each of `queries` queries at a time.
std::unique_ptr<Traversal> MakeBestFirst(int64_t queries, int64_t nodes);

// Cuts blocks [begin, end) of one level into runs and calls use(first, last) for each. A run has enough pivots for an
// efficient product.
template <class Use>
void ForRunsOfBlocks(const PivotBlocks& blocks, int64_t begin, int64_t end, const Use& use) {
  constexpr int64_t kMostPivots = 512;
  for (int64_t first = begin; first < end;) {
    int64_t last = first + 1;
    while (last < end && blocks[last].single == blocks[first].single &&
           blocks.FirstPivot(last + 1) - blocks.FirstPivot(first) <= kMostPivots) {
      ++last;
    }
    use(first, last);
    first = last;
  }
}

}  // namespace residual_knn
