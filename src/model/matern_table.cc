#include "model/matern_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <boost/math/special_functions/bessel.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "base/error.h"

namespace residual_knn {
namespace {

// Wide where the machine has it: the rounded table is then good to the last bit.
using Real = long double;

// No exceptions and no errno: out of range is Inf or 0.
namespace policies = boost::math::policies;
using Quiet = policies::policy<policies::domain_error<policies::ignore_error>,
                               policies::pole_error<policies::ignore_error>,
                               policies::overflow_error<policies::ignore_error>,
                               policies::underflow_error<policies::ignore_error>,
                               policies::denorm_error<policies::ignore_error>,
                               policies::rounding_error<policies::ignore_error>,
                               policies::evaluation_error<policies::ignore_error>,
                               policies::indeterminate_result_error<policies::ignore_error>>;

constexpr int kMantissaBits = 52;
constexpr int kExponentBias = 1023;
constexpr int kCoefficients = MaternTableView::kCoefficients;

// K may miss by this at most, absolutely and relatively, before the coefficients are rounded.
constexpr Real kAbsoluteTolerance = 0x1p-57L;
constexpr Real kRelativeTolerance = 0x1p-46L;

// Below this, K is 0.
constexpr Real kSmallestCorrelation = 1e-300L;

// Exponents of the octaves of r2, at most. The highest leaves room for the scale of the view; a K
// that is not yet 0 there has a nu so small that K is some 1e-270.
constexpr int kLowestExponent = -1074;
constexpr int kHighestExponent = 900;

// Splits of an octave. Fewer would let the recurrence of the Taylor coefficients magnify errors.
constexpr int kMinSplitBits = 3;
constexpr int kMaxSplitBits = 16;

// K as a function of s = a^2 / 4 = nu r2 / 2, with its slope dK/ds.
class MaternCurve {
 public:
  explicit MaternCurve(double nu)
      : nu_(nu),
        steps_(static_cast<int>(std::ceil(nu)) - 1),
        mu_(static_cast<Real>(nu) - steps_),
        factor_(2 / boost::math::tgamma(mu_, Quiet())) {}

  struct Point {
    Real value;
    Real slope;
  };

  // Bessel functions of orders in [0, 1] neither overflow nor underflow where their product with
  // the powers matters; the recurrence in the order only adds positive numbers.
  [[nodiscard]] Point At(Real s) const {
    const Real root = std::sqrt(s);
    const Real power = factor_ * std::pow(root, mu_);
    Point point{power * boost::math::cyl_bessel_k(mu_, 2 * root, Quiet()),
                -power / root * boost::math::cyl_bessel_k(1 - mu_, 2 * root, Quiet())};
    for (int step = 0; step < steps_; ++step) {
      const Real order = mu_ + step;
      point = {point.value - s * point.slope / order, -point.value / order};
    }
    return point;
  }

  [[nodiscard]] Real AtSquaredDistance(Real r2) const { return At(nu_ * r2 / 2).value; }

  [[nodiscard]] Real nu() const { return nu_; }

 private:
  Real nu_;
  int steps_;
  Real mu_;
  Real factor_;
};

using Coefficients = std::array<double, kCoefficients>;

// Fits one interval at a time: Taylor's expansion at its middle, from the differential equation
// s K'' + (1 - nu) K' = K, economized with Chebyshev polynomials.
class IntervalFitter {
 public:
  explicit IntervalFitter(const MaternCurve& curve) : curve_(curve) {
    chebyshev_[0][0] = 1;
    chebyshev_[1][1] = 1;
    for (int k = 2; k < kMaxTerms; ++k) {
      for (int j = 0; j <= k; ++j) {
        chebyshev_[k][j] = (j > 0 ? 2 * chebyshev_[k - 1][j - 1] : 0) - chebyshev_[k - 2][j];
      }
    }
  }

  // The interval [left, left + 2 half_width] * 2^exponent of r2. Nothing if the degree is too low.
  [[nodiscard]] std::optional<Coefficients> Fit(int exponent, Real left, Real half_width) const {
    Terms terms{};
    const int num_terms = Expand(exponent, left, half_width, terms);
    if (num_terms == 0 || !Economize(num_terms, terms)) return std::nullopt;
    return Shift(half_width, terms);
  }

 private:
  static constexpr int kMaxTerms = 48;
  using Terms = std::array<Real, kMaxTerms>;

  // Rounding noise of the fit must not count as a miss where Real is double.
  static Real Tolerance(Real value) {
    const Real noise = 16 * std::numeric_limits<Real>::epsilon() * value;
    return std::min(kAbsoluteTolerance + noise, kRelativeTolerance * value);
  }

  // Terms of the expansion in u, which goes from -1 to 1 over the interval; their number, or 0 if
  // there are too many.
  int Expand(int exponent, Real left, Real half_width, Terms& terms) const {
    const Real middle = left + half_width;
    const Real ratio = half_width / middle;
    const Real s = curve_.nu() / 2 * std::ldexp(middle, exponent);
    const MaternCurve::Point point = curve_.At(s);
    const Real negligible = Tolerance(point.value) * 0x1p-14L;
    terms[0] = point.value;
    terms[1] = point.slope * s * ratio;
    for (int k = 0; k + 2 < kMaxTerms; ++k) {
      const auto order = static_cast<Real>(k);
      terms[k + 2] =
          ratio * (s * ratio * terms[k] - (order + 1) * (order + 1 - curve_.nu()) * terms[k + 1]) /
          ((order + 1) * (order + 2));
      if (k + 3 > kCoefficients && std::abs(terms[k + 1]) < negligible &&
          std::abs(terms[k + 2]) < negligible) {
        return k + 3;
      }
    }
    return 0;
  }

  // Takes the terms from the degree kCoefficients on away, whether they can be spared or not.
  [[nodiscard]] bool Economize(int num_terms, Terms& terms) const {
    Real right_end = 0;
    for (int k = 0; k < num_terms; ++k) right_end += terms[k];
    Real error = 0;
    for (int k = num_terms - 1; k >= kCoefficients; --k) {
      const Real spared = terms[k] / chebyshev_[k][k];
      for (int j = k; j >= 0; j -= 2) terms[j] -= spared * chebyshev_[k][j];
      error += std::abs(spared);
    }
    return error <= Tolerance(right_end);
  }

  // From u to the distance from the left end.
  static Coefficients Shift(Real half_width, Terms& terms) {
    for (int i = 0; i < kCoefficients; ++i) {
      for (int j = kCoefficients - 2; j >= i; --j) terms[j] -= terms[j + 1];
    }
    Coefficients coefficients{};
    Real power = 1;
    for (int k = 0; k < kCoefficients; ++k) {
      coefficients[k] = static_cast<double>(terms[k] / power);
      power *= half_width;
    }
    return coefficients;
  }

  const MaternCurve& curve_;
  std::array<Terms, kMaxTerms> chebyshev_{};
};

// Appends the 2^bits intervals of an octave; appends nothing and returns false if they are too few.
bool TryAppendOctave(const IntervalFitter& fitter, int exponent, int bits,
                     AlignedVector& coefficients) {
  const size_t old_size = coefficients.size();
  const Real width = std::ldexp(Real{1}, -bits);
  for (int64_t i = 0; i < int64_t{1} << bits; ++i) {
    const auto fit = fitter.Fit(exponent, 1 + static_cast<Real>(i) * width, width / 2);
    if (!fit) {
      coefficients.resize(old_size);
      return false;
    }
    coefficients.insert(coefficients.end(), fit->begin(), fit->end());
  }
  return true;
}

// Appends as few intervals as will do, at least 2^bits; returns the logarithm of their number.
int AppendOctave(const IntervalFitter& fitter, int exponent, int bits,
                 AlignedVector& coefficients) {
  while (!TryAppendOctave(fitter, exponent, bits, coefficients)) {
    if (++bits > kMaxSplitBits) {
      throw Error(RESIDUAL_KNN_ERROR_INTERNAL,
                  "no table of the Matern correlation fits at the squared distance 2^" +
                      std::to_string(exponent));
    }
  }
  return bits;
}

// The last octave whose left end has a correlation worth the name; one below `lowest` if there is
// none.
int LastExponent(const MaternCurve& curve, int lowest) {
  // a = 1500 is beyond 1e-300 for any nu.
  const int beyond = std::ilogb(Real{1500} * 1500 / 2 / curve.nu()) + 1;
  int exponent = std::min(beyond, kHighestExponent);
  while (exponent >= lowest &&
         curve.AtSquaredDistance(std::ldexp(Real{1}, exponent)) < kSmallestCorrelation) {
    --exponent;
  }
  return exponent;
}

int64_t PackOctave(int64_t first_interval, int split_bits) {
  return (first_interval << MaternTableView::kShiftBits) + (kMantissaBits - split_bits);
}

}  // namespace

MaternTable::MaternTable(double nu) {
  const MaternCurve curve(nu);
  const IntervalFitter fitter(curve);
  // Where Real is double, s must not underflow.
  const int lowest =
      std::max(kLowestExponent, std::numeric_limits<Real>::min_exponent + 8 - std::ilogb(nu));
  const int last = LastExponent(curve, lowest);

  // From the right end, where K is 0, to the left end, where K is 1.
  octaves_.push_back(PackOctave(0, 0));
  coefficients_.assign(kCoefficients, 0.0);
  int exponent = last;
  int bits = kMinSplitBits;
  for (; exponent >= lowest; --exponent) {
    const Real right_end = curve.AtSquaredDistance(std::ldexp(Real{1}, exponent + 1));
    if (1 - right_end < 0x1p-54L) break;
    const int64_t first_interval = NumIntervals();
    bits = AppendOctave(fitter, exponent, std::max(bits - 1, kMinSplitBits), coefficients_);
    octaves_.push_back(PackOctave(first_interval, bits));
  }
  octaves_.push_back(PackOctave(NumIntervals(), 0));
  coefficients_.push_back(1.0);
  coefficients_.resize(coefficients_.size() + kCoefficients - 1, 0.0);
  std::reverse(octaves_.begin(), octaves_.end());

  const int first = exponent + MaternTableView::kScaleExponent;
  first_octave_ = first + kExponentBias;
  lowest_ = std::ldexp(1.0, first);
  highest_ = std::ldexp(1.0, last + 1);
}

int64_t MaternTable::NumIntervals() const {
  return static_cast<int64_t>(coefficients_.size()) / kCoefficients;
}

double MaternTable::operator()(double r2) const {
  const double x = std::max(std::min(r2, highest_) * MaternTableView::kScale, lowest_);
  const auto bits = std::bit_cast<uint64_t>(x);
  const auto octave = static_cast<int64_t>(bits >> kMantissaBits) - first_octave_;
  const int64_t word = octaves_[octave];
  const auto shift = static_cast<int>(word & ((1 << MaternTableView::kShiftBits) - 1));
  const uint64_t mantissa = bits & ((uint64_t{1} << kMantissaBits) - 1);
  const uint64_t interval = mantissa >> shift;
  const uint64_t rest = mantissa ^ (interval << shift);
  const double t = std::bit_cast<double>(rest | std::bit_cast<uint64_t>(1.0)) - 1.0;
  const double* polynomial =
      &coefficients_[(static_cast<int64_t>(interval) + (word >> MaternTableView::kShiftBits)) *
                     kCoefficients];
  double sum = polynomial[kCoefficients - 1];
  for (int k = kCoefficients - 2; k >= 0; --k) sum = sum * t + polynomial[k];
  return sum;
}

MaternTableView MaternTable::view() const {
  return {coefficients_.data(), octaves_.data(), first_octave_, lowest_, highest_};
}

int64_t MaternTable::bytes() const {
  return static_cast<int64_t>(coefficients_.size() * sizeof(double) +
                              octaves_.size() * sizeof(int64_t));
}

}  // namespace residual_knn
