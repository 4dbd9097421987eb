// Pivoted Cholesky factorization of the residual correlation of one block.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "model/row_group.h"
#include "parallel/pace.h"
#include "tree/margins.h"

namespace residual_knn {

struct BlockFactorOptions {
  double tolerance = 0.3;  // pivots are added until no unexplained share is larger
  bool single = false;     // products with this block's pivots may be in single precision
  bool coarse = false;     // pivots are coupled with those of other blocks
};

// Scratch and result of one factorization; reused from block to block.
class BlockFactor {
 public:
  BlockFactor(const ResidualModel& model, const Margins& margins)
      : margins_(margins), rows_(model) {}

  // Factorizes the block of `rows`. Reports its work to `pace`.
  void Run(std::span<const int64_t> rows, const BlockFactorOptions& options, Pace& pace);

  [[nodiscard]] std::span<const int64_t> pivots() const { return pivots_; }
  [[nodiscard]] int64_t rank() const { return static_cast<int64_t>(pivots_.size()); }
  // Lower factor L of the pivots' correlation, rank x rank.
  [[nodiscard]] std::span<const double> lower() const { return lower_; }
  // Coordinate a of point j at coordinates()[a * stride() + j].
  [[nodiscard]] const AlignedVector& coordinates() const { return w_; }
  [[nodiscard]] int64_t stride() const { return stride_; }
  [[nodiscard]] static constexpr int64_t StrideOf(int64_t points) {
    return (points + 15) / 16 * 16;
  }
  // V of point j of the block, until the next call of Run.
  [[nodiscard]] const double* v(int64_t j) const { return rows_.v(j); }
  // |phi_j|^2 - |w_j|^2 of each point.
  [[nodiscard]] std::span<const double> unexplained() const { return unexplained_; }
  // Largest |phi_j|^2.
  [[nodiscard]] double largest_total() const { return largest_total_; }
  // Sum of 1 / p over the pivots.
  [[nodiscard]] double pivot_inverse_deviations() const { return pivot_scales_; }
  // Sum of 4 / (p q) over the pivots, q their ridges.
  [[nodiscard]] double inflation() const { return inflation_; }

 private:
  [[nodiscard]] int64_t LeastExplained();
  void AddPivot(int64_t pivot, double deficit, double ridge);
  void FinishTotals();

  const Margins& margins_;
  RowGroup rows_;
  int64_t stride_ = 0;
  std::vector<int64_t> pivots_;
  std::vector<double> lower_;
  std::vector<double> diagonal_;
  AlignedVector w_;
  std::vector<double> row_;
  std::vector<double> unexplained_;
  std::vector<double> open_;
  double largest_total_ = 1;
  double pivot_scales_ = 0;
  double inflation_ = 0;
};

}  // namespace residual_knn
