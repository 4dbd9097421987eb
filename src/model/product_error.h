// Errors of products V_i . V_j relative to |V_i| |V_j|.
#pragma once

#include <cstdint>

namespace residual_knn {

// A sum of m products in any order, with or without fused multiply-adds, is off by at most gamma_m times the
// sum of magnitudes, and that by Cauchy-Schwarz at most |V_i| |V_j| (Higham 2002, 3.1). m + 8 instead of m
// pays for the roundings of the norms and of the bound itself.
inline double ProductError(int64_t m) {
  const double u = static_cast<double>(m + 8) * 0x1p-53;
  return u / (1 - u);
}

// Of R by a product in double precision against the canonical one, whose product rounds as well.
inline double ScreenError(int64_t m, double norm, double other_norm) {
  return 2 * ProductError(m) * norm * other_norm;
}

// The error of a product for V rounded to single precision first: one more rounding of each factor.
inline double SingleProductError(int64_t m) {
  const double u = static_cast<double>(m + 12) * 0x1p-24;
  return u / (1 - u);
}

// Single precision neither overflows nor loses what matters to underflow.
inline bool FitsSinglePrecision(double largest_norm) {
  return largest_norm > 1e-12 && largest_norm < 1e15;
}

}  // namespace residual_knn
