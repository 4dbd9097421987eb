#include "tree/coupling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/callback_covariance.h"
#include "simd/forward_substitution.h"
#include "tree/pivot_correlations.h"

namespace residual_knn {
namespace {

// A substitution of this many columns takes a few milliseconds at most.
constexpr int64_t kColumnsBetweenLooks = 4 * kColumnUnit;

// The pivots of block h, in the form in which the pivots of all blocks are correlated with them.
CorrelatedPoints<double> PivotsOf(const ResidualModel& model, const PivotBlocks& blocks,
                                  const PivotBlock& h, CouplingScratch& scratch) {
  constexpr int64_t kSlack = 16;
  const int64_t stride = h.rank + kSlack;
  const int64_t d = model.d();
  scratch.coordinates.assign(static_cast<size_t>(stride * d), 0.0);
  scratch.inverse_deviations.assign(static_cast<size_t>(stride), 0.0);
  for (int64_t a = 0; a < h.rank; ++a) {
    const int64_t pivot = h.first_pivot + a;
    scratch.inverse_deviations[a] = blocks.inverse_deviation(pivot);
    for (int64_t c = 0; c < d; ++c) scratch.coordinates[c * stride + a] = blocks.point(pivot)[c];
  }
  return {{{scratch.coordinates.data(), stride, d}, scratch.inverse_deviations.data(), h.rank},
          blocks.v(h.first_pivot)};
}

}  // namespace

void Coupling::Compute(const ResidualModel& model, const Margins& margins,
                       const PivotBlocks& blocks, int64_t home, CouplingScratch& scratch,
                       Pace& pace) {
  const PivotBlock& h = blocks[home];
  const int64_t r = h.rank;
  const int64_t width = ColumnWidth(r);
  const int64_t total = blocks.num_pivots();
  images_.resize(static_cast<size_t>(total * r));
  norms_.assign(static_cast<size_t>(blocks.size()), 0.0);
  CorrelatedPoints<double> pivots = PivotsOf(model, blocks, h, scratch);
  // Blocks are taken in runs of at most this many pivots, a size at which the matrix product is fast.
  constexpr int64_t kMostPivots = 1024;
  for (int64_t first = 0; first < blocks.size();) {
    int64_t last = first + 1;
    while (last < blocks.size() &&
           blocks.FirstPivot(last + 1) - blocks.FirstPivot(first) <= kMostPivots) {
      ++last;
    }
    const BlockRun run{blocks, first, last};
    const int64_t first_pivot = run.FirstPivot();
    const int64_t count = run.NumPivots();
    scratch.images.resize(static_cast<size_t>(count * width));
    scratch.squares.resize(static_cast<size_t>(std::max<int64_t>(width, kColumnUnit)));
    if (model.covariance() == nullptr) {
      scratch.covariances.resize(static_cast<size_t>(count * r));
      AskCovariances(model.callback(),
                     {blocks.pivot_rows() + h.first_pivot, static_cast<size_t>(r)},
                     {blocks.pivot_rows() + first_pivot, static_cast<size_t>(count)},
                     scratch.covariances.data());
      pivots.covariances = scratch.covariances.data();
    }
    CorrelatePivots(model, run, pivots, scratch.products, width, scratch.images.data());
    scratch.pairs += count * r;
    pace.Spend(count * width * (model.m() + 1) / Pace::kMultiplications);
    const double error = margins.LargestError(false);
    for (int64_t b = first; b < last; ++b) {
      const PivotBlock& block = blocks[b];
      double* rows = scratch.images.data() + (block.first_pivot - first_pivot) * width;
      for (int64_t column = 0; column < width; column += kColumnsBetweenLooks) {
        const int64_t columns = std::min(kColumnsBetweenLooks, width - column);
        ForwardSubstituteColumns(blocks.lower(block), block.rank, block.rank,
                                 {rows + column, width, columns}, scratch.squares.data() + column);
        pace.Spend(block.rank * block.rank * columns / Pace::kMultiplications);
      }
      double square = 0;
      for (int64_t c = 0; c < r; ++c) square += scratch.squares[c];
      // In the examples of tests/tree/test_coupling.cc, products are off by less than a tenth of this.
      const double errors =
          error * std::sqrt(h.pivot_inverse_deviations * block.pivot_inverse_deviations);
      const bool spoiled = errors > std::min(h.quarter_ridge, block.quarter_ridge);
      norms_[b] = spoiled ? std::numeric_limits<double>::infinity() : std::sqrt(square);
    }
    for (int64_t a = 0; a < count; ++a) {
      std::copy_n(scratch.images.data() + a * width, r, images_.data() + (first_pivot + a) * r);
    }
    first = last;
  }
}

}  // namespace residual_knn
