// One step of greedy selection by conditional variance, for all candidates.
#pragma once

#include <cstdint>

namespace residual_knn {

// By candidate; each array has room for 8 values beyond the last.
struct SelectionState {
  int64_t count = 0;
  double* variance = nullptr;    // conditional variance
  double* covariance = nullptr;  // conditional covariance with the point
  const double* level =
      nullptr;  // variances up to this one may be rounding errors; infinite: the candidate is taken
  const double* error = nullptr;  // covariances up to this one may be rounding errors
  double* reduction =
      nullptr;  // of the variance of the point by this candidate; 0 for rounding errors
};

// The columns of the Cholesky factor at the picks: element i of column a at columns[a * stride + i].
struct SelectionColumns {
  double* columns = nullptr;
  int64_t stride = 0;
  int64_t done = 0;
};

// Sets the reductions for the present variances and covariances.
void SetReductions(const SelectionState& state);

// Conditions on candidate `pick`, whose correlations with all candidates are given. Writes column `done` of the factor,
// and updates the variances, covariances and reductions. at_pick[a] is element `pick` of column a, for a < done.
void ConditionOn(int64_t pick, const double* correlations, const double* at_pick,
                 const SelectionColumns& factor, const SelectionState& state);

// The first place of the largest value, or -1 if no value is above `least`. NaN is never the largest.
int64_t FirstLargest(const double* values, int64_t count, double least);

}  // namespace residual_knn
