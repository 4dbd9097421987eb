// Level-synchronous: all open pairs of a query and a block of one level are bounded before any of the next level. The
// frontier lists the open pairs only, so that no mask over all blocks and no memory for finished queries is needed.
#include <utility>
#include <vector>

#include "descent/traversal.h"

namespace residual_knn {
namespace {

class LevelSynchronous : public Traversal {
 public:
  void Search(TreeWorker& worker, int64_t /*home*/) override {
    const ResidualTree& tree = worker.tree();
    int l = tree.top();
    frontier_.clear();
    queries_.clear();
    ForRunsOfBlocks(tree.level(l), 0, tree.level(l).size(), [&](int64_t first, int64_t last) {
      if (worker.monitor().GoOn()) Expand(worker, l, first, last, worker.searching());
    });
    while (l > 0) {
      std::swap(frontier_, parents_);
      std::swap(queries_, parent_queries_);
      frontier_.clear();
      queries_.clear();
      for (const Node& node : parents_) {
        if (!worker.monitor().GoOn()) return;
        const std::span<const int64_t> which(parent_queries_.data() + node.first_query,
                                             static_cast<size_t>(node.count));
        Expand(worker, l - 1, tree.FirstChild(l, node.block), tree.FirstChild(l, node.block + 1),
               which);
      }
      --l;
    }
  }

 private:
  struct Node {
    int64_t block;
    int64_t first_query;  // index in `queries_`
    int64_t count;
  };

  void Expand(TreeWorker& worker, int l, int64_t first, int64_t last,
              std::span<const int64_t> which) {
    if (which.empty()) return;
    worker.Bound(l, first, last, which, bounded_);
    for (int64_t block = first; block < last; ++block) {
      if (l == 0) {
        worker.SearchLeaf(block, which, bounded_);
        continue;
      }
      worker.CollectOpen(l, block, which, bounded_, open_);
      if (open_.empty()) continue;
      frontier_.push_back(
          {block, static_cast<int64_t>(queries_.size()), static_cast<int64_t>(open_.size())});
      for (const int64_t i : open_) queries_.push_back(which[i]);
    }
  }

  BoundedBlocks bounded_;
  std::vector<int64_t> open_;
  std::vector<Node> frontier_;
  std::vector<Node> parents_;
  std::vector<int64_t> queries_;
  std::vector<int64_t> parent_queries_;
};

}  // namespace

std::unique_ptr<Traversal> MakeLevelSynchronous() { return std::make_unique<LevelSynchronous>(); }

}  // namespace residual_knn
