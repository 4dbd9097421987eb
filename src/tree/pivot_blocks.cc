#include "tree/pivot_blocks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "parallel/parallel_for.h"
#include "storage/index_reader.h"
#include "storage/index_writer.h"
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
  for (int64_t i = 0; i < size(); ++i) PlaceBlock(order, i, single[i], coarse, model.n());
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
  const Totals totals = PlaceNumbers();
  const bool any_single = AnySingle();
  v_.resize(static_cast<size_t>(num_pivots_ * m_));
  if (any_single) v32_.resize(static_cast<size_t>(num_pivots_ * m_));
  pivot_rows_.resize(static_cast<size_t>(num_pivots_));
  points_.resize(static_cast<size_t>(num_pivots_ * d_));
  inverse_deviations_.resize(static_cast<size_t>(num_pivots_));
  lowers_.resize(static_cast<size_t>(totals.lower));
  // Setting much memory takes time.
  monitor.Look();
  kept_.assign(static_cast<size_t>(totals.kept + kPadding), 0.0F);
  roots_.assign(static_cast<size_t>(totals.roots + kPadding), 0.0F);
  ParallelFor(threads, size(), monitor, [&](int64_t i, int) {
    const PivotBlock& b = blocks_[i];
    const BlockPiece piece = std::move(pieces[i]);
    for (int64_t a = 0; a < b.rank; ++a) {
      const int64_t pivot = b.first_pivot + a;
      const int64_t row = order.rows()[b.begin + piece.pivots[a]];
      pivot_rows_.own()[pivot] = row;
      inverse_deviations_.own()[pivot] = model.inverse_deviation()[row];
      const double* v = piece.v.data() + a * m_;
      std::copy_n(v, m_, v_.own() + pivot * m_);
      if (any_single) {
        float* const v32 = v32_.own() + pivot * m_;
        if (b.single) {
          std::copy_n(v, m_, v32);
        } else {
          std::fill_n(v32, m_, 0.0F);  // not used, but saved with the others
        }
      }
      model.points().CopyPoint(row, points_.own() + pivot * d_);
    }
    std::copy(piece.lower.begin(), piece.lower.end(), lowers_.own() + b.lower);
    std::copy(piece.kept.begin(), piece.kept.end(), kept_.own() + b.points);
    std::copy(piece.roots.begin(), piece.roots.end(), roots_.own() + b.roots);
  });
}

void PivotBlocks::PlaceBlock(const SpaceOrder& order, int64_t b, bool single, bool coarse,
                             int64_t n) {
  PivotBlock& block = blocks_[b];
  block.begin = order.Begin(depth_, b);
  block.end = order.Begin(depth_, b + 1);
  block.single = single;
  block.quarter_ridge = Margins::Ridge(single, coarse) / 4;
  const auto rows = order.rows().subspan(block.begin, block.end - block.begin);
  block.smallest_row = rows.empty() ? n : *std::min_element(rows.begin(), rows.end());
}

PivotBlocks::Totals PivotBlocks::PlaceNumbers() {
  Totals totals;
  for (PivotBlock& b : blocks_) {
    b.first_pivot = num_pivots_;
    b.lower = std::exchange(totals.lower, totals.lower + b.rank * b.rank);
    b.points = std::exchange(totals.kept, totals.kept + b.rank * b.stride);
    b.roots = std::exchange(totals.roots, totals.roots + b.stride);
    num_pivots_ += b.rank;
  }
  return totals;
}

bool PivotBlocks::AnySingle() const {
  return std::any_of(blocks_.begin(), blocks_.end(), [](const PivotBlock& b) { return b.single; });
}

int64_t PivotBlocks::bytes() const {
  return static_cast<int64_t>(
      (v_.size() + points_.size() + inverse_deviations_.size() + lowers_.size()) * sizeof(double) +
      (v32_.size() + kept_.size() + roots_.size()) * sizeof(float) +
      pivot_rows_.size() * sizeof(int64_t) + blocks_.size() * sizeof(PivotBlock));
}

namespace {

// What the order does not tell about the blocks: integers and bounds, block after block.
constexpr int64_t kIntegersOfBlock = 2;
constexpr int64_t kBoundsOfBlock = 4;

}  // namespace

template <class Self, class Archive>
void PivotBlocks::NameMembers(Self& self, const Archive& archive) {
  const int64_t pivots = self.num_pivots_;
  const int64_t single = self.AnySingle() ? CountOf(pivots, self.m_) : 0;
  archive.Numbers("pivot_rows", self.pivot_rows_, pivots);
  archive.ManyNumbers("v", self.v_, CountOf(pivots, self.m_));
  archive.ManyNumbers("v32", self.v32_, single);
  archive.ManyNumbers("points", self.points_, CountOf(pivots, self.d_));
  archive.ManyNumbers("inverse_deviations", self.inverse_deviations_, pivots);
  archive.ManyNumbers("lowers", self.lowers_, Archive::kAnyCount);
  archive.ManyNumbers("kept", self.kept_, Archive::kAnyCount);
  archive.ManyNumbers("roots", self.roots_, Archive::kAnyCount);
}

void PivotBlocks::Save(const IndexWriter& writer) const {
  std::vector<int64_t> integers;
  std::vector<double> bounds;
  for (const PivotBlock& b : blocks_) {
    integers.insert(integers.end(), {b.rank, b.single ? 1 : 0});
    bounds.insert(bounds.end(),
                  {b.unexplained, b.largest_total, b.pivot_inverse_deviations, b.inflation});
  }
  writer.Values("depth", static_cast<int64_t>(depth_));
  writer.CopiedNumbers("ranks", integers);
  writer.CopiedNumbers("bounds", bounds);
  NameMembers(*this, writer);
}

PivotBlocks::PivotBlocks(const IndexReader& reader, const ResidualModel& model,
                         const SpaceOrder& order, Kept kept, int64_t size)
    : m_(model.m()), d_(model.d()) {
  int64_t depth = 0;
  reader.Values("depth", depth);
  reader.Require(depth >= 0 && depth <= order.depth(), "the depth of a level");
  depth_ = static_cast<int>(depth);
  blocks_.resize(size_t{1} << depth_);
  std::vector<int64_t> integers;
  std::vector<double> bounds;
  reader.Numbers("ranks", integers, kIntegersOfBlock * this->size());
  reader.Numbers("bounds", bounds, kBoundsOfBlock * this->size());
  // Products in double precision suit all blocks: they are more exact than the bounds of single blocks allow for.
  const bool uses_single = !reader.LeavesOut("v32");
  for (int64_t i = 0; i < this->size(); ++i) {
    const bool single = uses_single && integers[kIntegersOfBlock * i + 1] != 0;
    PlaceBlock(order, i, single, kept == Kept::kCoefficients, model.n());
    PivotBlock& b = blocks_[i];
    b.rank = integers[kIntegersOfBlock * i];
    b.stride = BlockFactor::StrideOf(b.end - b.begin);
    reader.Require(b.rank >= 0 && b.rank <= std::min(b.end - b.begin, Margins::kMaxRank),
                   "the rank of a block");
    const double* const bound = bounds.data() + kBoundsOfBlock * i;
    b.unexplained = bound[0];
    b.largest_total = bound[1];
    b.pivot_inverse_deviations = bound[2];
    b.inflation = bound[3];
  }
  const Totals totals = PlaceNumbers();
  NameMembers(*this, reader);
  reader.Require(std::ssize(lowers_) == totals.lower &&
                     std::ssize(kept_) == totals.kept + kPadding &&
                     std::ssize(roots_) == totals.roots + kPadding,
                 "a size");
  for (const int64_t row : pivot_rows_) reader.Require(row >= 0 && row < size, "a row number");
}

bool BlockRun::Single() const {
  for (int64_t b = first; b < last; ++b) {
    if (!blocks[b].single) return false;
  }
  return true;
}

}  // namespace residual_knn
