#include "descent/tree_worker.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "score/degenerate_query.h"
#include "simd/pivot_bounds.h"

namespace residual_knn {
namespace {

// Largest number of rows outside the tree in one product.
constexpr size_t kOutsideAtOnce = 256;
// Largest number of levels of a tree.
constexpr size_t kMostLevels = 8;
// Margins of bounds are of this size. Bounds do not help a query if the k-th neighbor among the points around it is
// correlated with it less than this.
constexpr double kUncorrelated = 1e-4;

}  // namespace

TreeWorker::TreeWorker(const SearchJob& job, int64_t most, int index)
    : job_(job),
      model_(job.model),
      monitor_(job.monitor, index),
      chunk_(job, most),
      bounder_(job.model),
      scorer_(job.model, job.settings),
      frames_(kMostLevels) {}

bool TreeWorker::Begin(const ResidualTree& tree, std::span<const int64_t> which) {
  tree_ = &tree;
  chunk_.Load(job_.queries, which, tree, monitor_);
  if (monitor_.Stopped()) return false;
  searching_.clear();
  for (int64_t q = 0; q < chunk_.count(); ++q) {
    if (!chunk_.degenerate(q) && chunk_.block().limit[q] > 0) searching_.push_back(q);
  }
  for (const int64_t q : searching_) {
    if (!monitor_.GoOn()) return false;
    chunk_.Start(q, counters_);
  }
  ScoreNear();
  ScoreOutsideTree();
  which_ = which;
  LeaveUncorrelated();
  return monitor_.GoOn();
}

void TreeWorker::ScoreNear() {
  const int64_t leaves = tree_->leaves().size();
  // Queries are sorted by leaf, or nearly so. Runs of queries with one pair of leaves are scored together.
  for (size_t begin = 0; begin < searching_.size();) {
    const int64_t pair = chunk_.home_leaf(searching_[begin]) / 2;
    size_t end = begin;
    while (end < searching_.size() && chunk_.home_leaf(searching_[end]) / 2 == pair) ++end;
    const std::span<const int64_t> which(searching_.data() + begin, end - begin);
    for (int64_t leaf = 2 * pair; leaf < std::min(2 * pair + 2, leaves); ++leaf) {
      const bool single = chunk_.single() && tree_->leaves()[leaf].single;
      near_.clear();
      for (const int64_t q : which) {
        if (HasCandidates(tree_->leaves()[leaf], q)) near_.push_back(q);
      }
      if (near_.empty()) continue;
      const Columns& columns = selected_.Select(chunk_, model_.m(), model_.d(), near_, single);
      scorer_.ScoreLeaf(*tree_, leaf, chunk_, columns, counters_);
    }
    begin = end;
  }
}

void TreeWorker::ScoreOutsideTree() {
  const auto rows = tree_->outside_tree();
  if (rows.empty() || searching_.empty()) return;
  const Columns& columns = selected_.Select(chunk_, model_.m(), model_.d(), searching_, false);
  for (size_t begin = 0; begin < rows.size() && monitor_.GoOn(); begin += kOutsideAtOnce) {
    const size_t count = std::min(kOutsideAtOnce, rows.size() - begin);
    scorer_.ScoreRows(rows.subspan(begin, count), chunk_, columns, counters_);
  }
}

void TreeWorker::LeaveUncorrelated() {
  is_left_.assign(static_cast<size_t>(chunk_.count()), false);
  // A search above a threshold has passed on some results already.
  if (job_.settings.least_correlation) return;
  std::erase_if(searching_, [this](int64_t q) {
    const double inverse_deviation = chunk_.block().inverse_deviation[q];
    CandidateList& list = chunk_.list(q);
    is_left_[q] = list.threshold() * inverse_deviation < kUncorrelated &&
                  list.LargestKthScore() * inverse_deviation < kUncorrelated;
    if (is_left_[q]) left_.push_back(which_[q]);
    return is_left_[q];
  });
}

void TreeWorker::Bound(int l, int64_t first, int64_t last, std::span<const int64_t> which,
                       BoundedBlocks& bounded) {
  const BlockRun run{tree_->level(l), first, last};
  const bool single = chunk_.single() && run.Single();
  const Columns& columns = selected_.Select(chunk_, model_.m(), model_.d(), which, single);
  bounder_.Bound(run, chunk_, columns, bounded, counters_);
}

void TreeWorker::CollectOpen(int l, int64_t block, std::span<const int64_t> which,
                             const BoundedBlocks& bounded, std::vector<int64_t>& open) {
  open.clear();
  const PivotBlock& b = tree_->level(l)[block];
  for (size_t i = 0; i < which.size(); ++i) {
    const int64_t q = which[i];
    if (bounded.Bound(block, static_cast<int64_t>(i)) >= chunk_.Threshold(q)) {
      if (HasCandidates(b, q)) open.push_back(static_cast<int64_t>(i));
    } else {
      ++counters_.blocks_dismissed;
    }
  }
}

void TreeWorker::SearchLeaf(int64_t leaf, std::span<const int64_t> which,
                            const BoundedBlocks& bounded) {
  const PivotBlock& b = tree_->leaves()[leaf];
  const double* z = bounded.z.data() + (b.first_pivot - bounded.first_pivot) * bounded.width;
  const int64_t at = (leaf - bounded.first_block) * bounded.width;
  z_.resize(static_cast<size_t>(b.rank));
  for (size_t i = 0; i < which.size(); ++i) {
    const int64_t q = which[i];
    const auto column = static_cast<int64_t>(i);
    if (bounded.Bound(leaf, column) < chunk_.Threshold(q)) {
      ++counters_.blocks_dismissed;
      continue;
    }
    if (IsNear(leaf, q) || !HasCandidates(b, q)) continue;
    for (int64_t a = 0; a < b.rank; ++a) {
      z_[a] = static_cast<float>(z[a * bounded.width + column]);
    }
    SearchPoints(leaf, q, z_.data(), bounded.squares[at + column], bounded.totals[at + column]);
  }
}

void TreeWorker::SearchPoints(int64_t leaf, int64_t q, const float* z, double square,
                              double total) {
  const PivotBlocks& leaves = tree_->leaves();
  const PivotBlock& b = leaves[leaf];
  const auto rows = tree_->order().rows().subspan(b.begin, b.end - b.begin);
  const int64_t valid = chunk_.Valid(rows, q);
  if (valid == 0) return;
  counters_.points_bounded += valid;
  points_.resize(static_cast<size_t>(b.end - b.begin + 16));
  int64_t found = valid;
  if (total < Margins::kNoBound) {
    const double rest = std::sqrt(std::max(total - square, 0.0));
    found = OpenPoints({leaves.kept(b), leaves.roots(b), b.rank, b.stride, valid},
                       {z, static_cast<float>(rest), static_cast<float>(chunk_.Threshold(q))},
                       points_.data());
  } else {
    std::iota(points_.begin(), points_.begin() + valid, 0);
  }
  if (found == 0) return;
  counters_.survivors += found;
  scorer_.ScorePoints(*tree_, leaf, chunk_, q, {points_.data(), static_cast<size_t>(found)},
                      counters_);
}

void TreeWorker::Descend(int l, int64_t first, int64_t last, std::span<const int64_t> which) {
  if (which.empty() || !monitor_.GoOn()) return;
  Frame& frame = frames_[l];
  Bound(l, first, last, which, frame.bounded);
  for (int64_t block = first; block < last; ++block) {
    if (l == 0) {
      SearchLeaf(block, which, frame.bounded);
      continue;
    }
    CollectOpen(l, block, which, frame.bounded, frame.open);
    for (int64_t& i : frame.open) i = which[i];
    Descend(l - 1, tree_->FirstChild(l, block), tree_->FirstChild(l, block + 1), frame.open);
  }
}

void TreeWorker::Finish() {
  for (int64_t q = 0; q < chunk_.count() && monitor_.GoOn(); ++q) {
    if (is_left_[q]) continue;
    if (chunk_.degenerate(q)) {
      WriteDegenerate(chunk_.block(), q, job_.settings, degenerate_, job_.results);
    } else {
      chunk_.Write(q, counters_.pairs_rescored);
    }
  }
}

}  // namespace residual_knn
