// Selection of a conditioning set by conditional variance.
//
// Greedy forward selection: of the candidates, the next pick is the one that reduces the variance of the point most,
// given those already picked. With residual correlations C of the candidates and c with the point, and L the columns of
// the Cholesky factor of C at the picks, candidate j has
//
//     d_j = 1 - sum_a L_ja^2        its own conditional variance, in shares of p_j
//     g_j = c_j - sum_a L_ja y_a    its conditional covariance with the point
//
// and reduces the variance of the point by g_j^2 / d_j, in shares of p_i. A pick adds one column to L. For N candidates
// and k picks this takes N k products of V and O(N k^2) operations.
// Source: Huan, Guinness, Katzfuss, Owhadi and Schaefer (2023), arXiv 2307.11648, section 3.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/row_group.h"
#include "parallel/pace.h"
#include "simd/selection_step.h"

namespace residual_knn {

// One row of a conditioning set.
struct Pick {
  int64_t row = 0;
  double rho = 0;  // residual correlation with the point
  double unexplained =
      1;  // conditional variance of the point given this pick and those before, in shares of p
};

// Scratch and result of one selection; reused from point to point.
class ConditionalSelection {
 public:
  explicit ConditionalSelection(const ResidualModel& model) : model_(model), candidates_(model) {}

  // Picks min(k, number of candidates) rows. The candidates ascend; none is the point itself. Ties go to the smaller
  // row.
  //
  // A candidate is informative if it reduces the variance by more than 2^-53, if its conditional covariance with the
  // point is above the rounding error of R, and if its own conditional variance is. When no informative candidate is
  // left, the rest is filled in the order of |rho|, ties to the smaller row.
  void Select(const PointView& point, std::span<const int64_t> candidates, int64_t k, Pace& pace);

  [[nodiscard]] std::span<const Pick> picks() const { return picks_; }
  // How many of the picks, the first ones, were informative when they were picked.
  [[nodiscard]] int64_t informative() const { return informative_; }

 private:
  void Load(const PointView& point, std::span<const int64_t> candidates);
  [[nodiscard]] double SquaredNormOf(int64_t j) const;
  [[nodiscard]] SelectionState State();
  void AddPick(int64_t j);
  const double* CorrelationsWith(int64_t j);
  void AddLikelyPicks();
  void ComputeCorrelations();
  void FillUp(int64_t count);

  const ResidualModel& model_;
  RowGroup candidates_;
  int64_t stride_ = 0;
  std::vector<double> rho_;         // with the point
  std::vector<double> error_;       // of R with the point, in correlations
  std::vector<double> level_;       // rounding level of a candidate's own conditional variance
  std::vector<double> variance_;    // d
  std::vector<double> covariance_;  // g
  std::vector<double> reduction_;   // g^2 / d
  std::vector<double> factor_;      // column a of L at factor_[a * stride_]
  std::vector<double> at_pick_;
  // Correlations of some candidates with all, one row after the other, and the number of the row of each candidate.
  std::vector<double> correlations_;
  std::vector<int64_t> place_;
  std::vector<double> is_new_;  // 1 for a candidate without such a row, otherwise 0
  std::vector<double> likely_;
  std::vector<int64_t> next_;
  std::vector<const double*> next_v_;
  std::vector<double> products_;
  std::vector<int64_t> order_;
  double point_level_ = 0;
  double unexplained_ = 1;
  std::vector<Pick> picks_;
  int64_t informative_ = 0;
};

}  // namespace residual_knn
