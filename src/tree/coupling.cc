#include "tree/coupling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "blas/blas.h"
#include "model/callback_covariance.h"
#include "simd/forward_substitution.h"
#include "simd/residual_row.h"

namespace residual_knn {
namespace {

// Residual correlations of pivots [first_pivot, first_pivot + count) (rows of `out`, `width` apart) with those
// of block h.
void Correlate(const ResidualModel& model, const PivotBlocks& blocks, const PivotBlock& h,
               int64_t first_pivot, int64_t count, int64_t width, CouplingScratch& scratch,
               double* out) {
  AlignedVector& products = scratch.products;
  const int64_t r = h.rank;
  const auto room = static_cast<size_t>(count * r + 16);
  if (products.size() < room) products.resize(room);
  std::fill_n(products.begin() + count * r, 16, 0.0);
  blas::MultiplyTransposed(blocks.factor(first_pivot), count, blocks.factor(h.first_pivot), r,
                           model.m(), products.data());
  const int64_t d = model.d();
  const int64_t stride = width + 16;
  scratch.coordinates.assign(static_cast<size_t>(stride * d), 0.0);
  scratch.scales.assign(static_cast<size_t>(stride), 0.0);
  for (int64_t a = 0; a < r; ++a) {
    const int64_t pivot = h.first_pivot + a;
    scratch.scales[a] = blocks.scale(pivot);
    for (int64_t c = 0; c < d; ++c) scratch.coordinates[c * stride + a] = blocks.point(pivot)[c];
  }
  if (model.covariance() == nullptr) {
    scratch.covariances.resize(static_cast<size_t>(count * r));
    AskCovariances(
        model.callback(), {blocks.pivot_rows() + first_pivot, static_cast<size_t>(count)},
        {blocks.pivot_rows() + h.first_pivot, static_cast<size_t>(r)}, scratch.covariances.data());
  }
  for (int64_t a = 0; a < count; ++a) {
    const int64_t pivot = first_pivot + a;
    const double* row = products.data() + a * r;
    double* to = out + a * width;
    if (model.covariance() != nullptr) {
      const PointsView points{scratch.coordinates.data(), stride, d};
      ResidualRow(model.covariance()->view(), points, r, blocks.point(pivot), row,
                  blocks.scale(pivot), scratch.scales.data(), to);
    } else {
      for (int64_t b = 0; b < r; ++b) {
        to[b] =
            (scratch.covariances[a * r + b] - row[b]) * (blocks.scale(pivot) * scratch.scales[b]);
      }
    }
    std::fill(to + r, to + width, 0.0);
  }
}

}  // namespace

void Coupling::Compute(const ResidualModel& model, const Margins& margins,
                       const PivotBlocks& blocks, int64_t home, CouplingScratch& scratch) {
  const PivotBlock& h = blocks[home];
  const int64_t r = h.rank;
  const int64_t width = (r + kColumnUnit - 1) / kColumnUnit * kColumnUnit;
  const int64_t total = blocks.num_pivots();
  images_.resize(static_cast<size_t>(total * r));
  norms_.assign(static_cast<size_t>(blocks.size()), 0.0);
  // Runs of blocks of a size that the product likes.
  constexpr int64_t kMostPivots = 1024;
  for (int64_t first = 0; first < blocks.size();) {
    int64_t last = first + 1;
    while (last < blocks.size() &&
           blocks.FirstPivot(last + 1) - blocks.FirstPivot(first) <= kMostPivots) {
      ++last;
    }
    const int64_t first_pivot = blocks.FirstPivot(first);
    const int64_t count = blocks.FirstPivot(last) - first_pivot;
    scratch.images.resize(static_cast<size_t>(count * width));
    scratch.squares.resize(static_cast<size_t>(std::max<int64_t>(width, kColumnUnit)));
    Correlate(model, blocks, h, first_pivot, count, width, scratch, scratch.images.data());
    const double error = margins.LargestError(false);
    for (int64_t b = first; b < last; ++b) {
      const PivotBlock& block = blocks[b];
      double* rows = scratch.images.data() + (block.first_pivot - first_pivot) * width;
      ForwardSubstituteColumns(blocks.lower(block), block.rank, block.rank, rows, width, width,
                               scratch.squares.data());
      double square = 0;
      for (int64_t c = 0; c < r; ++c) square += scratch.squares[c];
      const double errors = error * std::sqrt(h.pivot_scales * block.pivot_scales);
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
