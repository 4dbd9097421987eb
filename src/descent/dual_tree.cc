// Dual tree: queries that are rows of one block are bounded against the other blocks of its level through the coupling
// of their pivots, without a product for each query. Blocks that stay open are searched depth first.
#include <algorithm>
#include <cmath>
#include <vector>

#include "blas/blas.h"
#include "descent/traversal.h"
#include "simd/forward_substitution.h"
#include "simd/pivot_bounds.h"
#include "tree/coupling.h"

namespace residual_knn {
namespace {

class DualTree : public Traversal {
 public:
  void Search(TreeWorker& worker, int64_t home) override {
    const ResidualTree& tree = worker.tree();
    const PivotBlocks& blocks = tree.level(tree.top());
    if (home < 0 || tree.top() == 0) {
      ForRunsOfBlocks(blocks, 0, blocks.size(), [&](int64_t first, int64_t last) {
        worker.Descend(tree.top(), first, last, worker.searching());
      });
      return;
    }
    if (worker.searching().empty()) return;
    Prepare(worker, home);
    const int64_t pairs = scratch_.pairs;
    const Coupling* coupling = tree.coupling(worker.model(), home, scratch_, worker.monitor());
    if (coupling == nullptr) {
      if (coupled_tree_ != &tree || coupled_home_ != home) {
        // A computation that is cancelled leaves a coupling of no block.
        coupled_tree_ = nullptr;
        Pace pace(worker.monitor());
        coupling_.Compute(worker.model(), tree.margins(), blocks, home, scratch_, pace);
        coupled_tree_ = &tree;
        coupled_home_ = home;
      }
      coupling = &coupling_;
    }
    worker.counters().pivots_coupled += scratch_.pairs - pairs;
    BoundBlocks(worker, *coupling, home);
    for (const Open& block : open_) SearchBlock(worker, block.block);
  }

 private:
  struct Open {
    double key;
    int64_t block;
  };

  // Gathers the coefficients of the queries in the span of their own block, and the lengths of their parts outside it.
  void Prepare(TreeWorker& worker, int64_t home) {
    const ResidualTree& tree = worker.tree();
    const PivotBlocks& blocks = tree.level(tree.top());
    const PivotBlock& h = blocks[home];
    const auto queries = worker.searching();
    count_ = static_cast<int64_t>(queries.size());
    width_ = ColumnWidth(count_);
    coefficients_.assign(static_cast<size_t>(h.rank * width_), 0.0F);
    rests_.assign(static_cast<size_t>(width_), 0.0);
    // A query is a point of its block, so that |phi|^2 is at most the largest of the block.
    totals_.assign(static_cast<size_t>(width_), h.largest_total);
    norms_.assign(static_cast<size_t>(width_), 0.0);
    columns_.resize(static_cast<size_t>(count_));
    for (int64_t i = 0; i < count_; ++i) {
      columns_[i] = tree.position(worker.chunk().block().self[queries[i]]) - h.begin;
    }
    for (int64_t a = 0; a < h.rank; ++a) {
      const float* kept = blocks.kept(h) + a * h.stride;
      float* row = coefficients_.data() + a * width_;
      for (int64_t i = 0; i < count_; ++i) {
        row[i] = kept[columns_[i]];
        norms_[i] += static_cast<double>(row[i]) * static_cast<double>(row[i]);
      }
    }
    for (int64_t i = 0; i < count_; ++i) {
      norms_[i] = std::sqrt(norms_[i]);
      rests_[i] = static_cast<double>(blocks.roots(h)[columns_[i]]);
    }
    group_ = CoupledGroup(rests_, norms_);
    rounding_ = CoupledRounding(h.rank);
  }

  void BoundBlocks(TreeWorker& worker, const Coupling& coupling, int64_t home) {
    const ResidualTree& tree = worker.tree();
    const PivotBlocks& blocks = tree.level(tree.top());
    const PivotBlock& h = blocks[home];
    double lowest = 2;
    for (const int64_t q : worker.searching()) {
      lowest = std::min(lowest, worker.chunk().Threshold(q));
    }
    open_.clear();
    bounds_.resize(static_cast<size_t>(blocks.size() * width_));
    squares_.resize(static_cast<size_t>(width_));
    for (int64_t first = 0; first < blocks.size();) {
      if (!worker.monitor().GoOn()) return;
      // Runs of blocks that cannot be dismissed for all queries at once are multiplied together.
      int64_t last = first;
      while (last < blocks.size() && !Dismissed(coupling, blocks, last, home, lowest) &&
             blocks.FirstPivot(last + 1) - blocks.FirstPivot(first) <= kMostPivots) {
        ++last;
      }
      if (last == first) {
        worker.counters().blocks_bounded += count_;
        worker.counters().blocks_dismissed += count_;
        ++first;
        continue;
      }
      const int64_t first_pivot = blocks.FirstPivot(first);
      const int64_t pivots = blocks.FirstPivot(last) - first_pivot;
      images_.resize(static_cast<size_t>(std::max<int64_t>(pivots * width_, 1)));
      blas::Multiply(coupling.images() + first_pivot * h.rank, pivots, coefficients_.data(), width_,
                     h.rank, images_.data());
      for (int64_t b = first; b < last; ++b) BoundBlock(worker, coupling, b, first_pivot, home);
      first = last;
    }
    std::sort(open_.begin(), open_.end(),
              [](const Open& a, const Open& b) { return a.key > b.key; });
  }

  [[nodiscard]] bool Dismissed(const Coupling& coupling, const PivotBlocks& blocks, int64_t block,
                               int64_t home, double lowest) const {
    const PivotBlock& b = blocks[block];
    const double most = group_.Length(coupling.norm(block), rounding_);
    const double square = std::min(most * most, 4.0);
    const double total = blocks[home].largest_total;
    if (b.unexplained * total >= b.largest_total * (total - square)) return false;
    return most * std::sqrt(b.largest_total - b.unexplained) +
               std::sqrt((total - square) * b.unexplained) <
           lowest;
  }

  void BoundBlock(TreeWorker& worker, const Coupling& coupling, int64_t block, int64_t first_pivot,
                  int64_t home) {
    const PivotBlock& b = worker.tree().level(worker.tree().top())[block];
    ColumnSquares(images_.data() + (b.first_pivot - first_pivot) * width_, b.rank, width_, width_,
                  squares_.data());
    double key = 0;
    for (int64_t i = 0; i < width_; ++i) {
      squares_[i] =
          CoupledSquare(squares_[i], rests_[i], rounding_, coupling.norm(block), norms_[i]);
      key += squares_[i];
    }
    double* bounds = bounds_.data() + block * width_;
    BlockBounds(squares_.data(), totals_.data(), width_, b.unexplained, b.largest_total, bounds);
    const auto queries = worker.searching();
    int64_t open = 0;
    for (int64_t i = 0; i < count_; ++i) {
      open += bounds[i] >= worker.chunk().Threshold(queries[i]) ? 1 : 0;
    }
    worker.counters().blocks_bounded += count_;
    worker.counters().blocks_dismissed += count_ - open;
    if (open > 0) open_.push_back({block == home ? 1e300 : key, block});
  }

  void SearchBlock(TreeWorker& worker, int64_t block) {
    const ResidualTree& tree = worker.tree();
    const int top = tree.top();
    const double* bounds = bounds_.data() + block * width_;
    const auto queries = worker.searching();
    selected_.clear();
    for (int64_t i = 0; i < count_; ++i) {
      if (bounds[i] < worker.chunk().Threshold(queries[i])) continue;
      if (worker.HasCandidates(tree.level(top)[block], queries[i])) selected_.push_back(queries[i]);
    }
    const int64_t begin = tree.FirstChild(top, block);
    worker.Descend(top - 1, begin, tree.FirstChild(top, block + 1), selected_);
  }

  static constexpr int64_t kMostPivots = 1024;
  static_assert(kMostPivots >= Margins::kMaxRank);  // every block fits into a run

  // The worker's own coupling, used if the tree keeps none.
  const ResidualTree* coupled_tree_ = nullptr;
  int64_t coupled_home_ = -1;
  Coupling coupling_;
  CouplingScratch scratch_;
  int64_t count_ = 0;
  int64_t width_ = 0;
  double rounding_ = 0;
  CoupledGroup group_;  // the queries
  AlignedFloats coefficients_;
  AlignedFloats images_;
  AlignedVector rests_;
  AlignedVector norms_;
  AlignedVector totals_;
  AlignedVector squares_;
  AlignedVector bounds_;
  std::vector<int64_t> columns_;  // the queries as points of their own block
  std::vector<Open> open_;
  std::vector<int64_t> selected_;
};

}  // namespace

std::unique_ptr<Traversal> MakeDualTree() { return std::make_unique<DualTree>(); }

}  // namespace residual_knn
