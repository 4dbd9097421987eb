// How far the computed R may be from positive semi-definite. All bounds that dismiss points rest on this.
#pragma once

namespace residual_knn {

// Let R_ij = K(x_i, x_j) - V_i . V_j for the computed V, with exact sums, and R_ii = p_i. Then for any set of points,
// any real y_i and any positive t_i,
//
//     sum_ij y_i y_j R_ij >= - (sum_i 1 / t_i) sum_i t_i y_i^2 deficit_i,
//     deficit_i = absolute + share * (p_i + |V_i|^2),
//
// where a repeated point counts as a point of its own. (Weights t may be chosen because the deficit is that of a
// matrix of the form x x'.)
struct SemidefiniteDeficit {
  bool known = false;
  double absolute = 0;  // in units of the covariance
  double share = 0;
};

}  // namespace residual_knn
