// Bounds on the rounding of L and V, from the computed L.
//
// u = 2^-53, s^2 the variance, A = L L' for the computed L. The error of an evaluated covariance is at most c u s^2,
// c = d + 8. Squared distances have a relative error of (d + 2) u, which changes the covariance by at most half as
// much, relative to the variance (r K'(r) / 2 <= s^2 / 2 for all families). The exponential, polynomial or logarithm
// of a family rounds by a few u of its value.
//
// V. Row a of the substitution subtracts the products l_ab v_b from k_a, one fused multiply-add after the other.
// After the steps before b, the remainder is sum_{c >= b} l_ac v_c up to later roundings. By Cauchy-Schwarz it is at
// most t_ab |V| with t_ab^2 = sum_{b <= c <= a} l_ac^2, and each step rounds by u times that. So the residual
// r = k - L V has |r_a| <= u |V| (N_a + 2) + c u s^2 with N_a = sum_b t_ab. The 2 is for the division, the last term
// for the error of k itself. V then differs from L^-1 k by at most
//
//     epsilon = |L^-1| (u |V| sqrt(sum_a (N_a + 2)^2) + sqrt(m) c u s^2).
//
// L. In the same way |A - (K(Z,Z) + jitter s^2 I)| <= `backward`, with three roundings in each step, because a
// product and its subtraction are not always fused. Let J = jitter s^2 - backward, and let lambda be the largest row
// sum, which is no less than the largest eigenvalue. Then K(Z,Z) <= A - J I <= mu A with mu = 1 - J / lambda if
// J > 0, and mu = 1 + |J| |L^-1|^2 otherwise. So k A^-1 k' <= mu K over all points together.
//
// R. With V = W + e, W = L^-1 k, |e| <= epsilon, and any q > 0, V V' <= (1 + q) W W' + (1 + 1 / q) e e', so
//
//     R = K - V V' >= (K - W W' / mu) - (1 + q - 1 / mu) W W' - (1 + 1 / q) e e'
//
// where the first matrix is positive semi-definite. For q = 1 / mu - 1 only the last term remains; a larger q may
// give a smaller sum. Jitter compensates for rounding: without jitter mu >= 1.
#pragma once

#include <cstdint>
#include <span>

#include "base/aligned_vector.h"
#include "model/semidefinite_deficit.h"
#include "parallel/monitor.h"

namespace residual_knn {

// Error of an evaluated covariance, in units of u times the variance, for d coordinates.
double CovarianceUnits(int64_t dimensions);

struct FactorRounding {
  bool known = false;
  double epsilon_over_norm = 0;  // epsilon = epsilon_over_norm |V| + epsilon_constant
  double epsilon_constant = 0;
  double mu = 1;
};

// The factor L of K(Z,Z) + jitter s^2 I, m x m and row-major, and the largest row sum of that matrix.
struct FactorAtHand {
  std::span<const double> lower;
  int64_t m;
  double largest_row_sum;
  double jitter;
};

// Takes m^3 / 6 multiplications. Throws ERROR_CANCELLED.
FactorRounding AnalyzeFactor(const FactorAtHand& factor, double variance, int64_t dimensions,
                             int threads, Monitor& monitor);

SemidefiniteDeficit DeficitOf(const FactorRounding& rounding, double variance, double largest_norm,
                              int64_t m);

}  // namespace residual_knn
