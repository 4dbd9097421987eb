// Selection of a conditioning set that the points of a group share.
//
// Greedy forward selection. Let I be the candidates already picked. The next pick is the candidate that reduces the
// log-determinant of R_GG|I, the conditional covariance of the group G, most. Half of this log-determinant, up to a
// constant, is what the group contributes to the Kullback-Leibler divergence of an aggregated Vecchia approximation. A
// determinant does not depend on the order of elimination, so for candidate j
//
//     log det R_GG|I - log det R_GG|I,j  =  log d_j - log e_j,
//     d_j = R_jj|I,  e_j = R_jj|I,G      (in shares of p_j)
//
// Two partial Cholesky factors hold d and e for all candidates: one with the picks as pivots, the other with the group
// and then the picks. For c candidates, k picks and g members this takes c (g + k) products of V and O(c k (g + k))
// operations. Source: Huan, Guinness, Katzfuss, Owhadi and Schaefer (2023), arXiv 2307.11648, on multiple targets.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/row_group.h"
#include "parallel/pace.h"

namespace residual_knn {

// One row of a shared conditioning set.
struct SharedPick {
  int64_t row = 0;
  double rho = 0;  // of the largest magnitude, with any member of the group
};

// Scratch and result of one selection; reused from group to group.
class GroupSelection {
 public:
  explicit GroupSelection(const ResidualModel& model) : model_(model), rows_of_all_(model) {}

  // Picks min(k, number of candidates) rows. The candidates ascend; none is a member. Ties go to the smaller row.
  //
  // A candidate is informative if its conditional variance is above rounding level, and the group reduces that variance
  // by more than rounding can. When no informative candidate is left, the rest is filled in the order of |rho|, ties to
  // the smaller row.
  void Select(std::span<const int64_t> members, std::span<const int64_t> candidates, int64_t k,
              Pace& pace);

  [[nodiscard]] std::span<const SharedPick> picks() const { return picks_; }
  // How many of the picks, the first ones, were informative when they were picked.
  [[nodiscard]] int64_t informative() const { return informative_; }

 private:
  // A partial Cholesky factor of the correlations of all candidates and members.
  struct Factor {
    std::vector<double> columns;   // one after the other
    std::vector<double> variance;  // conditional on the pivots
    int64_t done = 0;

    void Reset(int64_t size);
    // Adds a pivot whose correlations with all are given, unless its conditional variance is at rounding level.
    void Condition(int64_t pivot, double level, std::span<const double> correlations);
  };

  void Load(std::span<const int64_t> members, std::span<const int64_t> candidates);
  void ConditionOnMembers(Pace& pace);
  std::span<const double> CorrelationsOf(int64_t place, Pace& pace);
  [[nodiscard]] int64_t BestCandidate() const;
  void FillUp(int64_t count);

  const ResidualModel& model_;
  RowGroup rows_of_all_;       // candidates, then members
  std::vector<int64_t> rows_;  // the same
  int64_t num_candidates_ = 0;
  std::vector<double> level_;  // rounding level of the conditional variances
  std::vector<double> correlations_;
  std::vector<double> largest_rho_;
  std::vector<bool> taken_;
  Factor by_picks_;
  Factor by_group_;
  std::vector<int64_t> order_;
  std::vector<SharedPick> picks_;
  int64_t informative_ = 0;
};

}  // namespace residual_knn
