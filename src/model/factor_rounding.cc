#include "model/factor_rounding.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "simd/forward_substitution.h"

namespace residual_knn {
namespace {

constexpr double kUnit = 0x1p-53;
// The bounds below are themselves evaluated in floating point, and leave out terms in u^2.
constexpr double kGenerous = 1.05;

// Frobenius norm of L^-1, infinite where it cannot be computed well.
double NormOfInverse(const AlignedVector& lower, int64_t m, double norm) {
  AlignedVector panel(static_cast<size_t>(m * kPanelWidth));
  double squares[kPanelWidth];
  double sum = 0;
  for (int64_t first = 0; first < m; first += kPanelWidth) {
    std::fill(panel.begin(), panel.end(), 0.0);
    const int64_t width = std::min(kPanelWidth, m - first);
    for (int64_t i = 0; i < width; ++i) panel[(first + i) * kPanelWidth + i] = 1;
    ForwardSubstitute(lower.data(), m, m, panel.data(), squares);
    for (int64_t i = 0; i < width; ++i) sum += squares[i];
  }
  const double inverse = std::sqrt(sum);
  // Relative error of the computed inverse: at most m u |L^-1| |L| (Higham 2002, theorem 14.5).
  const bool accurate = static_cast<double>(m) * kUnit * inverse * norm < 0.01;
  return accurate ? inverse * kGenerous : std::numeric_limits<double>::infinity();
}

}  // namespace

double CovarianceUnits(int64_t dimensions) { return static_cast<double>(dimensions + 8); }

FactorRounding AnalyzeFactor(const AlignedVector& lower, int64_t m, double largest_row_sum,
                             double variance, double jitter, int64_t dimensions) {
  if (m == 0) return {true, 0, 0, 1};
  double trace = 0;
  double sum_n2 = 0;
  for (int64_t a = 0; a < m; ++a) {
    double square = 0;
    double total = 2;
    for (int64_t c = a; c >= 0; --c) {
      square += lower[a * m + c] * lower[a * m + c];
      total += std::sqrt(square);
    }
    trace += square;
    sum_n2 += total * total;
  }
  const auto size = static_cast<double>(m);
  const double evaluated = CovarianceUnits(dimensions) * kUnit * variance;
  // Entry (a, b) of L L' - A is at most 3 u N_b |row a|; both triangles.
  const double backward =
      kGenerous * (6 * kUnit * std::sqrt(trace) * std::sqrt(sum_n2) + size * evaluated);
  const double slack = jitter * variance - backward;
  double inverse = NormOfInverse(lower, m, std::sqrt(trace));
  if (slack > 0) inverse = std::min(inverse, 1 / std::sqrt(slack));
  FactorRounding rounding;
  const double largest_eigenvalue = largest_row_sum + backward;
  rounding.mu = slack > 0 ? 1 - slack / largest_eigenvalue : 1 - slack * inverse * inverse;
  rounding.epsilon_over_norm = kGenerous * inverse * kUnit * std::sqrt(sum_n2);
  rounding.epsilon_constant = kGenerous * inverse * std::sqrt(size) * evaluated;
  rounding.known = std::isfinite(inverse) && rounding.mu < 1.5;
  return rounding;
}

SemidefiniteDeficit DeficitOf(const FactorRounding& rounding, double variance, double largest_norm,
                              int64_t m) {
  SemidefiniteDeficit deficit;
  deficit.known = rounding.known;
  if (!rounding.known) return deficit;
  const double epsilon = rounding.epsilon_over_norm * largest_norm + rounding.epsilon_constant;
  const double gained = 1 / rounding.mu - 1;
  const auto with = [&](double q) {
    return std::max(q - gained, 0.0) * largest_norm * largest_norm +
           (1 + 1 / q) * epsilon * epsilon;
  };
  double least = std::numeric_limits<double>::infinity();
  if (epsilon == 0) least = std::max(-gained, 0.0) * largest_norm * largest_norm;
  if (gained > 0) least = std::min(least, with(gained));
  const double balanced = std::max(gained, 0.0) + epsilon / std::max(largest_norm, epsilon);
  if (balanced > 0) least = std::min(least, with(balanced));
  // p itself was rounded too.
  deficit.absolute = kGenerous * least +
                     static_cast<double>(m + 16) * kUnit * (variance + largest_norm * largest_norm);
  return deficit;
}

}  // namespace residual_knn
