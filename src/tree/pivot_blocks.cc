#include "tree/pivot_blocks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "parallel/parallel_for.h"
#include "tree/block_piece.h"

namespace residual_knn {
namespace {

// Solves L' X = W in place, with one column for each point.
void SolveTransposed(std::span<const double> lower, int64_t rank, int64_t stride, AlignedVector& w,
                     Pace& pace) {
  for (int64_t i = rank - 1; i >= 0; --i) {
    double* row = w.data() + i * stride;
    for (int64_t a = i + 1; a < rank; ++a) {
      const double factor = lower[a * rank + i];
      const double* other = w.data() + a * stride;
      for (int64_t j = 0; j < stride; ++j) row[j] -= factor * other[j];
    }
    const double inverse = 1 / lower[i * rank + i];
    for (int64_t j = 0; j < stride; ++j) row[j] *= inverse;
    pace.Spend((rank - i) * stride / Pace::kMultiplications);
  }
}

// The square root in single precision, rounded up.
float RootAbove(double unexplained) {
  const auto root = static_cast<float>(std::sqrt(unexplained));
  return std::nextafter(root, std::numeric_limits<float>::infinity());
}

BlockPiece Pack(const BlockFactor& factor, int64_t m, Kept what, Pace& pace) {
  BlockPiece piece;
  piece.pivots.assign(factor.pivots().begin(), factor.pivots().end());
  piece.v.reserve(piece.pivots.size() * static_cast<size_t>(m));
  for (const int64_t pivot : piece.pivots) {
    piece.v.insert(piece.v.end(), factor.v(pivot), factor.v(pivot) + m);
  }
  piece.lower.assign(factor.lower().begin(), factor.lower().end());
  AlignedVector kept(factor.coordinates());
  if (what == Kept::kCoefficients) {
    SolveTransposed(factor.lower(), factor.rank(), factor.stride(), kept, pace);
  }
  piece.kept.assign(kept.begin(), kept.end());
  piece.roots.reserve(static_cast<size_t>(factor.stride()));
  for (const double e : factor.unexplained()) piece.roots.push_back(RootAbove(e));
  piece.roots.resize(static_cast<size_t>(factor.stride()));
  BlockNumbers& numbers = piece.numbers;
  numbers.rank = factor.rank();
  numbers.stride = factor.stride();
  const auto unexplained = factor.unexplained();
  numbers.unexplained =
      unexplained.empty() ? 0 : *std::max_element(unexplained.begin(), unexplained.end());
  numbers.largest_total = factor.largest_total();
  numbers.pivot_inverse_deviations = factor.pivot_inverse_deviations();
  numbers.inflation = factor.inflation();
  return piece;
}

void TakeNumbers(const BlockNumbers& numbers, PivotBlock& block) {
  block.rank = numbers.rank;
  block.stride = numbers.stride;
  block.unexplained = numbers.unexplained;
  block.largest_total = numbers.largest_total;
  block.pivot_inverse_deviations = numbers.pivot_inverse_deviations;
  block.inflation = numbers.inflation;
}

}  // namespace

PivotBlocks::PivotBlocks(const ResidualModel& model, const Margins& margins,
                         const SpaceOrder& order, const LevelOptions& options,
                         const Workforce& workforce, Monitor& monitor)
    : m_(model.m()), d_(model.d()), depth_(options.depth), blocks_(size_t{1} << options.depth) {
  const std::vector<bool>& single = options.single;
  const bool coarse = options.kept == Kept::kCoefficients;
  const int threads = workforce.threads;
  std::vector<BlockPiece> pieces(blocks_.size());
  std::vector<BlockFactor> factors;
  factors.reserve(static_cast<size_t>(threads));
  for (int i = 0; i < threads; ++i) factors.emplace_back(model, margins);
  const auto rows_of = [&](const PivotBlock& b) {
    return order.rows().subspan(b.begin, b.end - b.begin);
  };
  for (int64_t i = 0; i < size(); ++i) {
    PivotBlock& b = blocks_[i];
    b.begin = order.Begin(depth_, i);
    b.end = order.Begin(depth_, i + 1);
    b.single = single[i];
    b.quarter_ridge = Margins::Ridge(b.single, coarse) / 4;
    const auto rows = rows_of(b);
    b.smallest_row = rows.empty() ? model.n() : *std::min_element(rows.begin(), rows.end());
  }
  const int64_t first = workforce.rank();
  const int64_t step = workforce.size();
  const int64_t own = (size() - first + step - 1) / step;
  ParallelFor(threads, std::max<int64_t>(own, 0), monitor, [&](int64_t task, int worker) {
    const int64_t i = first + task * step;
    const PivotBlock& b = blocks_[i];
    Pace pace({monitor, worker});
    factors[worker].Run(rows_of(b), {options.tolerance, b.single, coarse}, pace);
    pieces[i] = Pack(factors[worker], m_, options.kept, pace);
  });
  if (workforce.team != nullptr) ExchangePieces(*workforce.team, m_, pieces);
  for (int64_t i = 0; i < size(); ++i) TakeNumbers(pieces[i].numbers, blocks_[i]);
  int64_t lower = 0;
  int64_t kept = 0;
  int64_t roots = 0;
  for (PivotBlock& b : blocks_) {
    b.first_pivot = num_pivots_;
    b.lower = std::exchange(lower, lower + b.rank * b.rank);
    b.points = std::exchange(kept, kept + b.rank * b.stride);
    b.roots = std::exchange(roots, roots + b.stride);
    num_pivots_ += b.rank;
  }
  const bool any_single = std::find(single.begin(), single.end(), true) != single.end();
  v_.resize(static_cast<size_t>(num_pivots_ * m_));
  if (any_single) v32_.resize(static_cast<size_t>(num_pivots_ * m_));
  pivot_rows_.resize(static_cast<size_t>(num_pivots_));
  points_.resize(static_cast<size_t>(num_pivots_ * d_));
  inverse_deviations_.resize(static_cast<size_t>(num_pivots_));
  lowers_.resize(static_cast<size_t>(lower));
  // Values beyond the last point are read but have no effect. Setting much memory takes time.
  monitor.Look();
  kept_.assign(static_cast<size_t>(kept) + 64, 0.0F);
  roots_.assign(static_cast<size_t>(roots) + 64, 0.0F);
  ParallelFor(threads, size(), monitor, [&](int64_t i, int) {
    const PivotBlock& b = blocks_[i];
    const BlockPiece piece = std::move(pieces[i]);
    for (int64_t a = 0; a < b.rank; ++a) {
      const int64_t pivot = b.first_pivot + a;
      const int64_t row = order.rows()[b.begin + piece.pivots[a]];
      pivot_rows_[pivot] = row;
      inverse_deviations_[pivot] = model.inverse_deviation()[row];
      const double* v = piece.v.data() + a * m_;
      std::copy_n(v, m_, v_.data() + pivot * m_);
      if (any_single && b.single) std::copy_n(v, m_, v32_.data() + pivot * m_);
      model.points().CopyPoint(row, points_.data() + pivot * d_);
    }
    std::copy(piece.lower.begin(), piece.lower.end(), lowers_.begin() + b.lower);
    std::copy(piece.kept.begin(), piece.kept.end(), kept_.begin() + b.points);
    std::copy(piece.roots.begin(), piece.roots.end(), roots_.begin() + b.roots);
  });
}

int64_t PivotBlocks::bytes() const {
  return static_cast<int64_t>(
      (v_.size() + points_.size() + inverse_deviations_.size() + lowers_.size()) * sizeof(double) +
      (v32_.size() + kept_.size() + roots_.size()) * sizeof(float) +
      pivot_rows_.size() * sizeof(int64_t) + blocks_.size() * sizeof(PivotBlock));
}

bool BlockRun::Single() const {
  for (int64_t b = first; b < last; ++b) {
    if (!blocks[b].single) return false;
  }
  return true;
}

}  // namespace residual_knn
