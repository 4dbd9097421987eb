#include "scaled_space/space_tree.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "parallel/parallel_for.h"
#include "storage/index_reader.h"
#include "storage/index_writer.h"

namespace residual_knn {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kBinaryLevels = 3;  // of the order, in one level of the tree
static_assert(kBoxesAtOnce == 1 << kBinaryLevels);
// Leaves whose points are copied by one task, and nodes whose boxes are made by one task.
constexpr int64_t kLeavesAtOnce = 256;
constexpr int64_t kNodesAtOnce = 64;

SpaceOrder OrderOf(const ScaledPoints& points, int64_t rows, const SpaceOrder& kept, int threads,
                   Monitor& monitor) {
  if (kept.size() == rows) return kept;
  std::vector<int64_t> all(static_cast<size_t>(rows));
  std::iota(all.begin(), all.end(), int64_t{0});
  return {points, std::move(all), SpaceTree::kLeafRows, threads, monitor};
}

}  // namespace

SpaceTree::SpaceTree(const ScaledPoints& points, int64_t rows, const SpaceOrder& kept, int threads,
                     Monitor& monitor)
    : dimensions_(points.dimensions()), order_(OrderOf(points, rows, kept, threads, monitor)) {
  CopyPoints(points, threads, monitor);
  MakeNodes(threads, monitor);
}

void SpaceTree::CopyPoints(const ScaledPoints& points, int threads, Monitor& monitor) {
  const int64_t leaves = int64_t{1} << order_.depth();
  blocks_.resize(static_cast<size_t>(leaves * dimensions_ * stride_));
  const int64_t tasks = (leaves + kLeavesAtOnce - 1) / kLeavesAtOnce;
  ParallelFor(threads, tasks, monitor, [&](int64_t task, int worker) {
    Pace pace({monitor, worker});
    const int64_t end = std::min((task + 1) * kLeavesAtOnce, leaves);
    for (int64_t leaf = task * kLeavesAtOnce; leaf < end; ++leaf) {
      double* block = blocks_.own() + leaf * dimensions_ * stride_;
      std::fill_n(block, dimensions_ * stride_, 0.0);
      points.CopySelected(Rows(leaf), block, stride_);
      pace.Spend(dimensions_ * stride_);
    }
  });
}

std::vector<int64_t> SpaceTree::NumberNodes() {
  // The first level may have fewer children.
  const int top = (order_.depth() - 1) % kBinaryLevels + 1;
  std::vector<int64_t> levels;  // numbers of nodes, without leaves
  for (int t = 0; t < order_.depth(); t += t == 0 ? top : kBinaryLevels) {
    levels.push_back(int64_t{1} << t);
  }
  if (levels.empty()) return levels;
  root_children_ = int64_t{1} << top;
  const int64_t inner = std::accumulate(levels.begin(), levels.end(), int64_t{0});
  first_child_.resize(static_cast<size_t>(inner));
  for (int64_t node = 0, child = 1; node < inner; child += NumChildren(node), ++node) {
    first_child_[node] = child;
  }
  return levels;
}

void SpaceTree::MakeNodes(int threads, Monitor& monitor) {
  const std::vector<int64_t> levels = NumberNodes();
  const int64_t inner = num_inner();
  boxes_.resize(static_cast<size_t>(inner * 2 * kBoxesAtOnce * dimensions_));
  smallest_rows_.assign(static_cast<size_t>(inner * kBoxesAtOnce),
                        std::numeric_limits<int64_t>::max());
  // From the bottom up, because a box is made from the boxes below it.
  for (int64_t level = std::ssize(levels) - 1, end = inner; level >= 0; --level) {
    const int64_t begin = end - levels[level];
    const int64_t tasks = (levels[level] + kNodesAtOnce - 1) / kNodesAtOnce;
    ParallelFor(threads, tasks, monitor, [&](int64_t task, int worker) {
      Pace pace({monitor, worker});
      const int64_t first = begin + task * kNodesAtOnce;
      for (int64_t node = first; node < std::min(first + kNodesAtOnce, end); ++node) {
        FillNode(node);
        pace.Spend(kBoxesAtOnce * dimensions_ * stride_);
      }
    });
    end = begin;
  }
}

void SpaceTree::FillNode(int64_t node) {
  double* boxes = boxes_.own() + node * 2 * kBoxesAtOnce * dimensions_;
  for (int64_t c = 0; c < dimensions_; ++c) {
    double* low = boxes + c * 2 * kBoxesAtOnce;
    std::fill_n(low, kBoxesAtOnce, kInfinity);
    std::fill_n(low + kBoxesAtOnce, kBoxesAtOnce, -kInfinity);
  }
  for (int64_t child = 0; child < NumChildren(node); ++child) {
    const int64_t number = first_child_[node] + child;
    if (number < num_inner()) {
      PutInner(number, node, child);
    } else {
      PutLeaf(number - num_inner(), node, child);
    }
  }
}

void SpaceTree::PutLeaf(int64_t leaf, int64_t node, int64_t child) {
  const std::span<const int64_t> rows = Rows(leaf);
  if (rows.empty()) return;
  smallest_rows_.own()[node * kBoxesAtOnce + child] = rows.front();
  double* boxes = boxes_.own() + node * 2 * kBoxesAtOnce * dimensions_;
  for (int64_t c = 0; c < dimensions_; ++c) {
    const double* x = blocks_.data() + (leaf * dimensions_ + c) * stride_;
    const auto [least, largest] = std::minmax_element(x, x + rows.size());
    boxes[2 * kBoxesAtOnce * c + child] = *least;
    boxes[2 * kBoxesAtOnce * c + kBoxesAtOnce + child] = *largest;
  }
}

void SpaceTree::PutInner(int64_t inner, int64_t node, int64_t child) {
  smallest_rows_.own()[node * kBoxesAtOnce + child] = std::ranges::min(SmallestRows(inner));
  double* boxes = boxes_.own() + node * 2 * kBoxesAtOnce * dimensions_;
  for (int64_t c = 0; c < dimensions_; ++c) {
    const double* low = Boxes(inner) + 2 * kBoxesAtOnce * c;
    const double* high = low + kBoxesAtOnce;
    boxes[2 * kBoxesAtOnce * c + child] = *std::min_element(low, high);
    boxes[2 * kBoxesAtOnce * c + kBoxesAtOnce + child] =
        *std::max_element(high, high + kBoxesAtOnce);
  }
}

int64_t SpaceTree::bytes() const {
  return order_.bytes() +
         static_cast<int64_t>((blocks_.size() + boxes_.size()) * sizeof(double) +
                              (smallest_rows_.size() + first_child_.size()) * sizeof(int64_t));
}

template <class Self, class Archive>
void SpaceTree::NameMembers(Self& self, const Archive& archive) {
  const int64_t leaves = int64_t{1} << self.order_.depth();
  const int64_t inner = self.num_inner();
  archive.ManyNumbers("blocks", self.blocks_, CountOf(leaves, self.dimensions_, self.stride_));
  archive.ManyNumbers("boxes", self.boxes_, CountOf(inner, 2 * kBoxesAtOnce, self.dimensions_));
  archive.ManyNumbers("smallest_rows", self.smallest_rows_, CountOf(inner, kBoxesAtOnce));
}

void SpaceTree::Save(const IndexWriter& writer) const {
  order_.Save(writer.In("order"));
  NameMembers(*this, writer);
}

SpaceTree::SpaceTree(const IndexReader& reader, int64_t dimensions, int64_t rows)
    : dimensions_(dimensions) {
  order_.Load(reader.In("order"), rows, kLeafRows, dimensions_);
  reader.Require(order_.size() == rows, "a size");
  NumberNodes();
  NameMembers(*this, reader);
}

}  // namespace residual_knn
