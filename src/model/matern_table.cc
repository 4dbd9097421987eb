#include "model/matern_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>
#include <string>

#include "base/error.h"
#include "model/matern_curve.h"

namespace residual_knn {
namespace {

constexpr int kMantissaBits = 52;
constexpr int kExponentBias = 1023;
constexpr int kCoefficients = MaternTableView::kCoefficients;

// The largest absolute and relative error of K, before the coefficients are rounded.
constexpr double kAbsoluteTolerance = 0x1p-57;
constexpr double kRelativeTolerance = 0x1p-46;

// Below this, K is 0.
constexpr double kSmallestCorrelation = 1e-300;

// Lowest and highest exponent of an octave of r2. The highest leaves room for the scale of the view. K is not yet 0
// there only if nu is so small that K is some 1e-270.
constexpr int kLowestExponent = -1074;
constexpr int kHighestExponent = 900;

// An octave is split into 2^bits intervals. With fewer than 2^3 the recurrence of the Taylor coefficients would
// magnify errors.
constexpr int kMinSplitBits = 3;
constexpr int kMaxSplitBits = 16;

using Coefficients = std::array<double, kCoefficients>;

// Fits one interval at a time: Taylor's expansion at its middle, economized with Chebyshev polynomials. The terms of
// the removed degrees are small, so that double precision suffices for them.
class IntervalFitter {
 public:
  IntervalFitter() {
    chebyshev_[0][0] = 1;
    chebyshev_[1][1] = 1;
    for (int k = 2; k < kMaxTerms; ++k) {
      for (int j = 0; j <= k; ++j) {
        chebyshev_[k][j] = (j > 0 ? 2 * chebyshev_[k - 1][j - 1] : 0) - chebyshev_[k - 2][j];
      }
    }
  }

  // The coefficients of K, which is the factor times the expansion, as a polynomial in the distance from the left end
  // of the interval to the mantissa. Nothing if the degree is too low.
  [[nodiscard]] std::optional<Coefficients> Fit(const MaternTerms& expansion,
                                                const MaternCurve::Factor& factor,
                                                double half_width) const {
    Kept kept;
    std::copy_n(expansion.terms.begin(), kCoefficients, kept.begin());
    if (!Economize(expansion, std::ldexp(factor.mantissa.high, factor.power), kept)) {
      return std::nullopt;
    }
    return Shift(kept, factor, half_width);
  }

 private:
  static constexpr int kMaxTerms = MaternTerms::kMost;
  using Kept = std::array<DoubleDouble, kCoefficients>;

  // Removes the terms of degree kCoefficients and higher. False if the error of that is too large.
  [[nodiscard]] bool Economize(const MaternTerms& expansion, double factor, Kept& kept) const {
    std::array<double, kMaxTerms> terms{};
    double right_end = 0;
    for (int k = 0; k < expansion.count; ++k) {
      terms[k] = expansion.terms[k].high;
      right_end += terms[k];
    }
    const double tolerance =
        std::min(kAbsoluteTolerance / factor, kRelativeTolerance * std::abs(right_end));
    std::array<double, kCoefficients> moved{};
    double error = 0;
    for (int k = expansion.count - 1; k >= kCoefficients; --k) {
      const double spared = terms[k] / chebyshev_[k][k];
      for (int j = k - 2; j >= 0; j -= 2) {
        (j < kCoefficients ? moved[j] : terms[j]) -= spared * chebyshev_[k][j];
      }
      error += std::abs(spared);
      if (!(error <= tolerance)) return false;
    }
    for (int j = 0; j < kCoefficients; ++j) kept[j] = kept[j] + moved[j];
    return true;
  }

  // Changes the variable from u to the distance from the left end.
  static Coefficients Shift(Kept& kept, const MaternCurve::Factor& factor, double half_width) {
    for (int i = 0; i < kCoefficients; ++i) {
      for (int j = kCoefficients - 2; j >= i; --j) kept[j] = kept[j] - kept[j + 1];
    }
    Coefficients coefficients{};
    double power = 1;  // of two
    for (int k = 0; k < kCoefficients; ++k) {
      const double coefficient = (kept[k] * factor.mantissa).value() / power;
      coefficients[k] = std::ldexp(coefficient, factor.power);
      power *= half_width;
    }
    return coefficients;
  }

  std::array<std::array<double, kMaxTerms>, kMaxTerms> chebyshev_{};
};

// Appends 2^bits intervals for the octave that begins at r2 = 2^exponent. If they are too few, appends nothing and
// returns false.
bool TryAppendOctave(const MaternCurve& curve, const IntervalFitter& fitter, int exponent, int bits,
                     AlignedVector& coefficients) {
  const size_t old_size = coefficients.size();
  const auto count = size_t{1} << bits;
  const double half_width = std::ldexp(0.5, -bits);
  coefficients.resize(old_size + count * kCoefficients);
  // From right to left, in the direction of the curve's steps.
  MaternState state = curve.Walk(curve.At(exponent + 1), 2 - half_width);
  for (size_t i = count; i-- > 0;) {
    const MaternTerms terms = curve.Expand(state, half_width);
    const auto fit = fitter.Fit(terms, curve.FactorOf(state.exponent), half_width);
    if (!fit) {
      coefficients.resize(old_size);
      return false;
    }
    std::copy(fit->begin(), fit->end(), coefficients.data() + old_size + i * kCoefficients);
    state = MaternCurve::StepTo(state, terms, half_width, -2);
  }
  return true;
}

// Appends as few intervals as suffice, at least 2^bits. Returns the binary logarithm of their number.
int AppendOctave(const MaternCurve& curve, const IntervalFitter& fitter, int exponent, int bits,
                 AlignedVector& coefficients) {
  while (!TryAppendOctave(curve, fitter, exponent, bits, coefficients)) {
    if (++bits > kMaxSplitBits) {
      throw Error(RESIDUAL_KNN_ERROR_INTERNAL,
                  "no polynomial approximates the Matern correlation well enough at the squared "
                  "distance 2^" +
                      std::to_string(exponent));
    }
  }
  return bits;
}

// The last octave whose correlation at the left end is at least kSmallestCorrelation; lowest() - 1 if there is none.
int LastExponent(const MaternCurve& curve) {
  // An octave needs a state at its right end, and the state at highest() is only a guess.
  int exponent = std::min(curve.highest() - 2, kHighestExponent);
  while (exponent >= curve.lowest() && curve.Correlation(curve.At(exponent)) < kSmallestCorrelation)
    --exponent;
  return exponent;
}

int64_t PackOctave(int64_t first_interval, int split_bits) {
  return (first_interval << MaternTableView::kShiftBits) + (kMantissaBits - split_bits);
}

}  // namespace

MaternTable::MaternTable(double nu) {
  const MaternCurve curve(nu, kLowestExponent);
  const IntervalFitter fitter;
  const int last = LastExponent(curve);

  // From the right end, where K is 0, to the left end, where K is 1.
  octaves_.push_back(PackOctave(0, 0));
  coefficients_.assign(kCoefficients, 0.0);
  int exponent = last;
  int bits = kMinSplitBits;
  // The octaves at whose right end K does not yet round to 1.
  for (; exponent >= curve.lowest(); --exponent) {
    const int64_t first_interval = NumIntervals();
    bits = AppendOctave(curve, fitter, exponent, std::max(bits - 1, kMinSplitBits), coefficients_);
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
