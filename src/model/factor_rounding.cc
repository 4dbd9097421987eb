#include "model/factor_rounding.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "model/paced_substitution.h"
#include "parallel/parallel_for.h"

namespace residual_knn {
namespace {

constexpr double kUnit = 0x1p-53;
// The bounds below are evaluated in floating point and leave out terms in u^2. This factor covers both.
constexpr double kGenerous = 1.05;

int64_t NumPanels(int64_t m) { return (m + kPanelWidth - 1) / kPanelWidth; }

// Number of rows of a panel of columns of the inverse. The columns begin at the diagonal.
int64_t RowsBelow(int64_t m, int64_t panel) { return m - panel * kPanelWidth; }

// A sum for each panel of rows or columns. Each is computed by one thread, so that the total does not depend on the
// number of threads.
using PanelSums = std::vector<double>;

double Total(const PanelSums& sums) { return std::accumulate(sums.begin(), sums.end(), 0.0); }

// For each panel of columns of L^-1: the sum of squares of its entries.
PanelSums SquaresOfInverse(const FactorAtHand& factor, int threads, Monitor& monitor) {
  const int64_t panels = NumPanels(factor.m);
  std::vector<AlignedVector> scratch(static_cast<size_t>(threads));
  PanelSums sums(static_cast<size_t>(panels));
  int64_t total = 0;
  for (int64_t p = 0; p < panels; ++p) total += RowsBelow(factor.m, p) * RowsBelow(factor.m, p);
  monitor.Start(total);
  ParallelFor(threads, panels, monitor, [&](int64_t p, int worker) {
    const int64_t first = p * kPanelWidth;
    const int64_t rows = RowsBelow(factor.m, p);
    AlignedVector& panel = scratch[worker];
    panel.assign(static_cast<size_t>(rows * kPanelWidth), 0.0);
    const int64_t width = std::min(kPanelWidth, rows);
    for (int64_t i = 0; i < width; ++i) panel[i * kPanelWidth + i] = 1;
    double squares[kPanelWidth];
    Pace pace({monitor, worker});
    ForwardSubstitutePaced(factor.lower.data() + first * (factor.m + 1), factor.m, rows,
                           panel.data(), squares, pace);
    sums[p] = std::accumulate(squares, squares + width, 0.0);
    monitor.Advance(rows * rows);
  });
  return sums;
}

// Frobenius norm of L^-1, infinite if it cannot be computed accurately.
double NormOfInverse(const FactorAtHand& factor, double norm, int threads, Monitor& monitor) {
  const double inverse = std::sqrt(Total(SquaresOfInverse(factor, threads, monitor)));
  // Relative error of the computed inverse: at most m u |L^-1| |L| (Higham 2002, theorem 14.5).
  const bool accurate = static_cast<double>(factor.m) * kUnit * inverse * norm < 0.01;
  return accurate ? inverse * kGenerous : std::numeric_limits<double>::infinity();
}

struct RowTotals {
  double trace;   // of L L'
  double sum_n2;  // sum of (N_a + 2)^2
};

RowTotals TotalsOf(const FactorAtHand& factor, int threads, Monitor& monitor) {
  const int64_t m = factor.m;
  PanelSums traces(static_cast<size_t>(NumPanels(m)));
  PanelSums sums(traces.size());
  monitor.Start(m);
  ParallelFor(threads, NumPanels(m), monitor, [&](int64_t p, int worker) {
    Pace pace({monitor, worker});
    const int64_t end = std::min((p + 1) * kPanelWidth, m);
    for (int64_t a = p * kPanelWidth; a < end; ++a) {
      const double* row = factor.lower.data() + a * m;
      double square = 0;
      double total = 2;
      for (int64_t c = a; c >= 0; --c) {
        square += row[c] * row[c];
        total += std::sqrt(square);
      }
      traces[p] += square;
      sums[p] += total * total;
      pace.Spend(a);
    }
    monitor.Advance(end - p * kPanelWidth);
  });
  return {Total(traces), Total(sums)};
}

}  // namespace

double CovarianceUnits(int64_t dimensions) { return static_cast<double>(dimensions + 8); }

FactorRounding AnalyzeFactor(const FactorAtHand& factor, double variance, int64_t dimensions,
                             int threads, Monitor& monitor) {
  if (factor.m == 0) return {true, 0, 0, 1};
  const auto [trace, sum_n2] = TotalsOf(factor, threads, monitor);
  const auto size = static_cast<double>(factor.m);
  const double evaluated = CovarianceUnits(dimensions) * kUnit * variance;
  // Entry (a, b) of L L' - (K(Z,Z) + jitter s^2 I) is at most 3 u N_b |row a|, apart from the error of K.
  // The factor 6 counts both triangles; 3 sqrt(2) would do for the Frobenius norm.
  const double backward =
      kGenerous * (6 * kUnit * std::sqrt(trace) * std::sqrt(sum_n2) + size * evaluated);
  const double slack = factor.jitter * variance - backward;
  double inverse = NormOfInverse(factor, std::sqrt(trace), threads, monitor);
  if (slack > 0) inverse = std::min(inverse, 1 / std::sqrt(slack));
  FactorRounding rounding;
  const double largest_eigenvalue = factor.largest_row_sum + backward;
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
  // p itself was rounded as well.
  deficit.absolute = kGenerous * least +
                     static_cast<double>(m + 16) * kUnit * (variance + largest_norm * largest_norm);
  return deficit;
}

}  // namespace residual_knn
