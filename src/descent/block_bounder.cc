#include "descent/block_bounder.h"

#include "model/callback_covariance.h"
#include "simd/forward_substitution.h"
#include "simd/pivot_bounds.h"
#include "tree/pivot_correlations.h"

namespace residual_knn {

void BlockBounder::Bound(const BlockRun& run, const QueryColumns& chunk, const Columns& columns,
                         BoundedBlocks& out, SearchCounts& counters) {
  const PivotBlocks& blocks = run.blocks;
  out.first_block = run.first;
  out.first_pivot = run.FirstPivot();
  out.width = columns.width;
  out.single = chunk.single() && run.Single();
  const int64_t count = run.NumPivots();
  out.z.resize(static_cast<size_t>(count * out.width));
  const auto cells = static_cast<size_t>((run.last - run.first) * out.width);
  out.squares.resize(cells);
  out.totals.resize(cells);
  out.bounds.resize(cells);
  if (model_.covariance() == nullptr) {
    covariances_.resize(static_cast<size_t>(count * columns.count));
    AskCovariances(model_.callback(), {columns.callback_rows, static_cast<size_t>(columns.count)},
                   {blocks.pivot_rows() + out.first_pivot, static_cast<size_t>(count)},
                   covariances_.data());
  }
  const ResidualPoints points{
      {columns.coordinates, columns.stride, model_.d()}, columns.inverse_deviations, columns.count};
  if (out.single) {
    CorrelatePivots<float>(model_, run, {points, columns.v32, covariances_.data()}, products32_,
                           out.width, out.z.data());
  } else {
    CorrelatePivots<double>(model_, run, {points, columns.v, covariances_.data()}, products_,
                            out.width, out.z.data());
  }
  counters.pivots_scored += columns.count * count;
  if (out.single) counters.scored_in_low_precision += columns.count * count;
  counters.blocks_bounded += columns.count * (run.last - run.first);
  const double* errors = out.single ? columns.squared_errors32 : columns.squared_errors64;
  for (int64_t b = run.first; b < run.last; ++b) {
    const PivotBlock& block = blocks[b];
    const int64_t at = (b - run.first) * out.width;
    double* z = out.z.data() + (block.first_pivot - out.first_pivot) * out.width;
    ForwardSubstituteColumns(blocks.lower(block), block.rank, block.rank, {z, out.width, out.width},
                             out.squares.data() + at);
    for (int64_t i = 0; i < out.width; ++i) {
      out.totals[at + i] = columns.totals[i] + errors[i] * block.inflation;
    }
    BlockBounds(out.squares.data() + at, out.totals.data() + at, out.width, block.unexplained,
                block.largest_total, out.bounds.data() + at);
  }
}

}  // namespace residual_knn
