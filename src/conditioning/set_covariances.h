// Residual covariances of queries with their sets of neighbors.
//
// R_ij = K(x_i, x_j) - V_i . V_j for two points, R_ii = p_i. The bits of R_ij depend on the two points alone. Weights
// use the same values (RowGroup::Triangle). Selections use others, which differ by rounding (RowGroup::Correlations).
#pragma once

#include <span>

#include "conditioning/for_each_set.h"

namespace residual_knn {

struct CovariancesOutput {
  double* covariances = nullptr;         // queries x k in either layout; may be null
  std::span<double> residual_variances;  // p of each query; may be empty
  bool dimension_major = false;
};

// R_ij of each query with each of its neighbors, 0 in places without a neighbor. A set may name a row more than once,
// and the query itself.
void ComputeCovariances(const SetsJob& job, const CovariancesOutput& output);

}  // namespace residual_knn
