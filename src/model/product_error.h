// Errors of products V_i . V_j relative to |V_i| |V_j|.
#pragma once

#include <cstdint>

namespace residual_knn {

// The error of a sum of m products, in any order, with or without fused multiply-adds, is at most gamma_m times the
// sum of their magnitudes (Higham 2002, 3.1). By Cauchy-Schwarz that sum is at most |V_i| |V_j|. m + 8 instead of m
// covers the roundings of the norms and of the bound itself.
inline double ProductError(int64_t m) {
  const double u = static_cast<double>(m + 8) * 0x1p-53;
  return u / (1 - u);
}

// Bound on the difference between R from a product in double precision and the canonical R, whose product is rounded
// as well.
inline double ScreenError(int64_t m, double norm, double other_norm) {
  return 2 * ProductError(m) * norm * other_norm;
}

// The error of a product if V was rounded to single precision first: one more rounding of each operand.
inline double SingleProductError(int64_t m) {
  const double u = static_cast<double>(m + 12) * 0x1p-24;
  return u / (1 - u);
}

// True if products in single precision neither overflow nor underflow by an amount that matters.
inline bool FitsSinglePrecision(double largest_norm) {
  return largest_norm > 1e-12 && largest_norm < 1e15;
}

}  // namespace residual_knn
