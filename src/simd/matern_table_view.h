// The data of a Matern table for its evaluation. model/matern_table.h explains the table.
#pragma once

#include <cstdint>

namespace residual_knn {

struct MaternTableView {
  // The squared distance is first multiplied by this power of two, so that subnormal squared distances become normal
  // numbers, with exponents of their own.
  static constexpr double kScale = 0x1p64;
  static constexpr int kScaleExponent = 64;
  // Coefficients of one interval; the polynomial has one degree less.
  static constexpr int kCoefficients = 8;
  // An entry of `octaves` is (first interval << kShiftBits) + shift, where `shift` is the number of
  // mantissa bits that do not choose the interval.
  static constexpr int kShiftBits = 8;

  // kCoefficients for each interval, lowest order first. They are those of a polynomial in t, the distance from the
  // left end of the interval to the mantissa in [1, 2).
  const double* coefficients;
  // One for each octave of the scaled squared distance, starting at the biased exponent
  // first_octave.
  const int64_t* octaves;
  int64_t first_octave;
  // Scaled squared distances are clamped to [lowest, highest * kScale]: `lowest` is already scaled, `highest` is not.
  // The correlation is 1 in the octave of the lower end and 0 in that of the upper end.
  double lowest;
  double highest;
};

}  // namespace residual_knn
