#include "model/matern_curve.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace residual_knn {
namespace {

// The steps begin at an a of at least this. K is below 1e-300 from a = 900 on, for any nu; one octave of r2 beyond
// that, a is below 1280.
constexpr double kFarthest = 1500;
// The first D is a guess. The steps reduce its error by a factor of e^-2 for each unit of a. This is the longest step
// in a, so that few terms suffice.
constexpr double kLongestStep = 1.5;
constexpr int kLeastSteps = 8;  // in an octave
constexpr int kLeastTerms = 9;
// Shares of a sum. Terms below kNegligible are left out: the rounding of the steps is larger. Terms below kShort are
// computed in double precision.
constexpr double kNegligible = 0x1p-90;
constexpr double kShort = 0x1p-48;

// Scales a state so that its value is near 1.
void Renormalize(MaternState& state) {
  const int power = std::ilogb(state.value.high);
  const double factor = std::ldexp(1.0, -power);
  state.value = TimesPowerOfTwo(state.value, factor);
  state.slope = TimesPowerOfTwo(state.slope, factor);
  state.exponent += power;
}

// The exponent of the smallest power of two r2 with a >= kFarthest.
int FarthestExponent(double nu) {
  int exponent = 0;
  const double mantissa = std::frexp(nu, &exponent);
  return std::ilogb(kFarthest * kFarthest / 2 / mantissa) + 1 - exponent;
}

}  // namespace

MaternCurve::MaternCurve(double nu, int lowest) : nu_(nu), highest_(FarthestExponent(nu)) {
  for (int k = 0; k < MaternTerms::kMost; ++k) {
    const double order = k + 1;
    after_[k] = DoubleDouble(1.0) / (order * (order + 1));
    before_[k] = TwoSum(order, -nu) / (order + 1);
  }
  MaternState state;
  state.r2 = {1.0, highest_};
  state.value = 1.0;
  state.slope = -std::sqrt(Argument(state.r2).high);  // dK/da = -K, nearly
  states_.push_back(state);
  bool normalized = false;
  for (int exponent = highest_ - 1; exponent >= lowest; --exponent) {
    state = Walk(state, 1.0);
    Renormalize(state);
    states_.push_back(state);
    if (!normalized && Argument(state.r2).high < 1) {
      Normalize(state);
      normalized = true;
    }
    if (normalized && 1 - Correlation(state) < 0x1p-54) break;
  }
  // nu is so small that K is 0 everywhere.
  if (!normalized) Normalize(state);
}

DoubleDouble MaternCurve::Argument(SquaredDistance r2) const {
  const int exponent = r2.exponent - 1;
  int shift = 0;
  const DoubleDouble product = TwoProduct(std::frexp(nu_, &shift), r2.mantissa);
  return {std::ldexp(product.high, exponent + shift), std::ldexp(product.low, exponent + shift)};
}

void MaternCurve::Normalize(const MaternState& state) {
  const DoubleDouble s = Argument(state.r2);
  DoubleDouble term = 1.0;
  DoubleDouble sum = 1.0;    // F
  DoubleDouble slope = 0.0;  // s F'
  for (int k = 1; term.high > kNegligible * sum.high; ++k) {
    const auto order = static_cast<double>(k);
    term = term * s / (TwoSum(order, nu_) * order);
    sum = sum + term;
    slope = slope + term * order;
  }
  const DoubleDouble whole = state.value * (sum * nu_ + slope) - state.slope * sum;
  // Mantissa and exponent of nu are used apart, because nu may be subnormal.
  const DoubleDouble mantissa = DoubleDouble(std::frexp(nu_, &factor_exponent_)) / whole;
  factor_ = mantissa;
  factor_exponent_ -= state.exponent;
}

double MaternCurve::Correlation(const MaternState& state) const {
  const Factor factor = FactorOf(state.exponent);
  return std::ldexp((state.value * factor.mantissa).value(), factor.power);
}

MaternTerms MaternCurve::Expand(const MaternState& state, double half_width) const {
  MaternTerms result;
  auto& t = result.terms;
  const DoubleDouble ratio = DoubleDouble(half_width) / state.r2.mantissa;
  const DoubleDouble twice = Argument(state.r2) * ratio * ratio;
  result.ratio = ratio;
  t[0] = state.value;
  t[1] = state.slope * ratio;
  const double value = std::abs(state.value.high);
  // The size of term k at |u| = 2, the end of the longest step.
  const auto size = [&](int k) { return std::ldexp(std::abs(t[k].high), k); };
  int k = 2;
  const auto done = [&](double share) {
    return k > kLeastTerms && size(k - 1) < share * value && size(k - 2) < share * value;
  };
  for (; k < MaternTerms::kMost && !done(kShort); ++k) {
    t[k] = twice * (after_[k - 2] * t[k - 2]) - ratio * (before_[k - 2] * t[k - 1]);
  }
  result.long_count = k;
  for (; k < MaternTerms::kMost && !done(kNegligible); ++k) {
    t[k] = twice.high * (after_[k - 2].high * t[k - 2].high) -
           ratio.high * (before_[k - 2].high * t[k - 1].high);
  }
  result.count = k;
  return result;
}

MaternState MaternCurve::StepTo(const MaternState& state, const MaternTerms& terms,
                                double half_width, double u) {
  double short_value = 0;
  double short_slope = 0;
  for (int k = terms.count - 1; k >= terms.long_count; --k) {
    short_slope = short_slope * u + short_value;
    short_value = short_value * u + terms.terms[k].high;
  }
  DoubleDouble value = short_value;
  DoubleDouble slope = short_slope;
  for (int k = terms.long_count - 1; k >= 0; --k) {
    slope = TimesPowerOfTwo(slope, u) + value;
    value = TimesPowerOfTwo(value, u) + terms.terms[k];
  }
  MaternState next = state;
  next.r2.mantissa += u * half_width;
  next.value = value;
  next.slope = slope * (DoubleDouble(1.0) / terms.ratio + DoubleDouble(u));
  return next;
}

MaternState MaternCurve::Walk(MaternState state, double mantissa) const {
  // r2 is expressed in the octave below, where the mantissa goes down from 2.
  state.r2 = {2 * state.r2.mantissa, state.r2.exponent - 1};
  const double length = state.r2.mantissa - mantissa;
  if (length == 0) return state;
  const double steps = std::sqrt(Argument(state.r2).high) * length / kLongestStep;
  const int count = 1 << std::max(std::ilogb(std::max(steps, 1.0)) + 1,
                                  std::ilogb(static_cast<double>(kLeastSteps)));
  const double step = length / count;
  for (int i = 0; i < count; ++i) {
    state = StepTo(state, Expand(state, step), step, -1);
  }
  return state;
}

}  // namespace residual_knn
