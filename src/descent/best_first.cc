// Best-first: each query has a heap of open nodes and takes the nodes with the largest bounds first. With one query and
// one node at a time, this is the reference for the order of nodes. With many, a node that several queries take in the
// same round is expanded once for all of them, in one product.
#include <algorithm>
#include <tuple>
#include <vector>

#include "descent/traversal.h"

namespace residual_knn {
namespace {

class BestFirst : public Traversal {
 public:
  BestFirst(int64_t queries, int64_t nodes) : queries_(queries), nodes_(nodes) {}

  void Search(TreeWorker& worker, int64_t /*home*/) override {
    const auto all = worker.searching();
    for (size_t begin = 0; begin < all.size(); begin += static_cast<size_t>(queries_)) {
      const size_t count = std::min(static_cast<size_t>(queries_), all.size() - begin);
      SearchGroup(worker, all.subspan(begin, count));
    }
  }

 private:
  struct Node {
    double bound;
    int32_t level;
    int64_t block;
    int64_t z;  // of a leaf: where the query's coordinates are in `z_`
    double square;
    double total;
    bool operator<(const Node& other) const {
      return bound != other.bound ? bound < other.bound : block > other.block;
    }
  };
  // A node that a query takes in this round.
  struct Taken {
    int32_t level;
    int64_t block;
    size_t heap;
    bool operator<(const Taken& other) const {
      return std::tie(level, block, heap) < std::tie(other.level, other.block, other.heap);
    }
    [[nodiscard]] bool SameNode(const Taken& other) const {
      return level == other.level && block == other.block;
    }
  };

  void SearchGroup(TreeWorker& worker, std::span<const int64_t> which) {
    const ResidualTree& tree = worker.tree();
    const PivotBlocks& roots = tree.level(tree.top());
    if (heaps_.size() < which.size()) heaps_.resize(which.size());
    for (auto& heap : heaps_) heap.clear();
    z_.clear();
    members_.resize(which.size());
    for (size_t i = 0; i < which.size(); ++i) members_[i] = i;
    ForRunsOfBlocks(roots, 0, roots.size(), [&](int64_t first, int64_t last) {
      if (worker.monitor().GoOn()) Expand(worker, tree.top(), first, last, which, members_);
    });
    while (worker.monitor().GoOn()) {
      TakeNodes(worker, which);
      if (taken_.empty()) return;
      std::sort(taken_.begin(), taken_.end());
      for (size_t begin = 0; begin < taken_.size() && worker.monitor().GoOn();) {
        size_t end = begin;
        members_.clear();
        while (end < taken_.size() && taken_[begin].SameNode(taken_[end])) {
          members_.push_back(taken_[end++].heap);
        }
        const int l = taken_[begin].level;
        const int64_t block = taken_[begin].block;
        Expand(worker, l - 1, tree.FirstChild(l, block), tree.FirstChild(l, block + 1), which,
               members_);
        begin = end;
      }
    }
  }

  // Takes the best open nodes of each query. Leaves among them are searched at once.
  void TakeNodes(TreeWorker& worker, std::span<const int64_t> which) {
    taken_.clear();
    for (size_t i = 0; i < which.size(); ++i) {
      std::vector<Node>& heap = heaps_[i];
      for (int64_t n = 0; n < nodes_ && !heap.empty() && worker.monitor().GoOn(); ++n) {
        std::pop_heap(heap.begin(), heap.end());
        const Node node = heap.back();
        heap.pop_back();
        if (node.bound < worker.chunk().Threshold(which[i])) {
          worker.counters().blocks_dismissed += static_cast<int64_t>(heap.size()) + 1;
          heap.clear();
          break;
        }
        if (node.level > 0) {
          taken_.push_back({node.level, node.block, i});
        } else {
          worker.SearchPoints(node.block, which[i], z_.data() + node.z, node.square, node.total);
          --n;
        }
      }
    }
  }

  // Bounds blocks [first, last) of level l for the listed members of the group.
  void Expand(TreeWorker& worker, int l, int64_t first, int64_t last,
              std::span<const int64_t> which, std::span<const size_t> members) {
    selected_.clear();
    for (const size_t i : members) selected_.push_back(which[i]);
    worker.Bound(l, first, last, selected_, bounded_);
    const PivotBlocks& blocks = worker.tree().level(l);
    for (int64_t block = first; block < last; ++block) {
      const PivotBlock& b = blocks[block];
      for (size_t s = 0; s < selected_.size(); ++s) {
        const int64_t q = selected_[s];
        const auto column = static_cast<int64_t>(s);
        const double bound = bounded_.Bound(block, column);
        if (bound < worker.chunk().Threshold(q)) {
          ++worker.counters().blocks_dismissed;
          continue;
        }
        if (!worker.HasCandidates(b, q) || (l == 0 && worker.IsNear(block, q))) continue;
        Node node{bound, l, block, 0, 0, 0};
        if (l == 0) KeepCoordinates(b, block, column, node);
        std::vector<Node>& heap = heaps_[members[s]];
        heap.push_back(node);
        std::push_heap(heap.begin(), heap.end());
      }
    }
  }

  void KeepCoordinates(const PivotBlock& b, int64_t block, int64_t column, Node& node) {
    const int64_t at = (block - bounded_.first_block) * bounded_.width + column;
    node.square = bounded_.squares[at];
    node.total = bounded_.totals[at];
    node.z = static_cast<int64_t>(z_.size());
    const int64_t row = b.first_pivot - bounded_.first_pivot;
    for (int64_t a = 0; a < b.rank; ++a) {
      z_.push_back(static_cast<float>(bounded_.z[(row + a) * bounded_.width + column]));
    }
  }

  int64_t queries_;
  int64_t nodes_;
  BoundedBlocks bounded_;
  std::vector<std::vector<Node>> heaps_;
  std::vector<float> z_;
  std::vector<Taken> taken_;
  std::vector<size_t> members_;
  std::vector<int64_t> selected_;
};

}  // namespace

std::unique_ptr<Traversal> MakeBestFirst(int64_t queries, int64_t nodes) {
  return std::make_unique<BestFirst>(queries, nodes);
}

}  // namespace residual_knn
