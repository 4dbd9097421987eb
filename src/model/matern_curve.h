// The Matern correlation as a solution of its differential equation, in double-double arithmetic.
//
// With s = a^2 / 4 = nu r2 / 2 and D = s dK/ds,
//
//     s K'' + (1 - nu) K' = K.
//
// K is the solution that vanishes at infinity. Towards smaller s it grows faster than any other solution. So steps of
// Taylor series from large s to small s reduce the error of the values that they begin with, and magnify no error,
// for any nu, integer or not. They give K up to a factor. G(s) = s^nu F(s), F = sum_k s^k / (k! (1 + nu)_k), is the
// solution that vanishes at 0. K G' - K' G is a multiple of s^(nu - 1); if K(0) = 1, it is nu s^(nu - 1). This gives
// the factor: at any s
//
//     nu K(0) = K (nu F + s F') - D F,
//
// a sum of positive numbers.
#pragma once

#include <array>
#include <vector>

#include "model/double_double.h"

namespace residual_knn {

// A squared distance, mantissa * 2^exponent, which may be outside the range of double.
struct SquaredDistance {
  double mantissa;
  int exponent;
};

// K and D at a squared distance, up to a factor.
struct MaternState {
  SquaredDistance r2;
  DoubleDouble value;
  DoubleDouble slope;  // D
  int exponent = 0;    // value and slope are both times 2^exponent
};

// Terms of the expansion of a state in powers of u, where r2 = mantissa (1 + ratio u): those of u^0, u^1, ...
struct MaternTerms {
  static constexpr int kMost = 64;
  DoubleDouble ratio;
  std::array<DoubleDouble, kMost> terms;
  int count = 0;
  int long_count = 0;  // terms from this number on are so small that double precision suffices
};

class MaternCurve {
 public:
  // 0 < nu <= 50. Integrates down to the squared distance 2^lowest, or to where K rounds to 1.
  MaternCurve(double nu, int lowest);

  // There are states at r2 = 2^lowest(), ..., 2^highest().
  [[nodiscard]] int lowest() const { return highest_ + 1 - static_cast<int>(states_.size()); }
  [[nodiscard]] int highest() const { return highest_; }
  // The state at r2 = 2^exponent.
  [[nodiscard]] const MaternState& At(int exponent) const { return states_[highest_ - exponent]; }

  // K at a state, with its factor.
  [[nodiscard]] double Correlation(const MaternState& state) const;
  // For states of one exponent: K is mantissa * 2^power times their value.
  struct Factor {
    DoubleDouble mantissa;
    int power;
  };
  [[nodiscard]] Factor FactorOf(int exponent) const {
    return {factor_, exponent + factor_exponent_};
  }

  // The expansion over [r2 - half_width, r2 + half_width], where half_width is relative to 2^exponent and at most an
  // eighth of the mantissa. It is accurate enough for steps to u = -2.
  [[nodiscard]] MaternTerms Expand(const MaternState& state, double half_width) const;
  // The state at u, which is -1 or -2.
  [[nodiscard]] static MaternState StepTo(const MaternState& state, const MaternTerms& terms,
                                          double half_width, double u);
  // From r2 = 2^exponent to the smaller r2 = mantissa * 2^(exponent - 1), in steps that are short enough.
  [[nodiscard]] MaternState Walk(MaternState state, double mantissa) const;

 private:
  void Normalize(const MaternState& state);
  [[nodiscard]] DoubleDouble Argument(SquaredDistance r2) const;  // s

  double nu_;
  int highest_;
  // Coefficients of the recurrence t_k+2 = ratio (s ratio t_k after[k] - t_k+1 before[k]).
  std::array<DoubleDouble, MaternTerms::kMost> after_;   // 1 / ((k + 1) (k + 2))
  std::array<DoubleDouble, MaternTerms::kMost> before_;  // (k + 1 - nu) / (k + 2)
  DoubleDouble factor_;
  int factor_exponent_ = 0;
  std::vector<MaternState> states_;
};

}  // namespace residual_knn
