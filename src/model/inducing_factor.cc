#include "model/inducing_factor.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/checked_size.h"
#include "base/describe.h"
#include "base/error.h"
#include "model/factor_rounding.h"
#include "model/paced_substitution.h"
#include "simd/covariance_row.h"
#include "simd/forward_substitution.h"
#include "simd/prefetch.h"
#include "storage/index_reader.h"
#include "storage/index_writer.h"

namespace residual_knn {
namespace {

// Lower triangle of K(Z,Z) + jitter variance I. Returns its largest row sum, a bound on its eigenvalues.
double FillCovariance(const CovarianceView& covariance, const ScaledPoints& inducing, double jitter,
                      AlignedVector& lower, Monitor& monitor) {
  const int64_t m = inducing.size();
  monitor.Start(m * (m + 1) / 2);
  std::vector<double> point(static_cast<size_t>(inducing.dimensions()));
  std::vector<double> row_sums(static_cast<size_t>(m));
  for (int64_t i = 0; i < m; ++i) {
    inducing.CopyPoint(i, point.data());
    CovarianceRow(covariance, ViewOf(inducing), 0, i + 1, point.data(), lower.data() + i * m);
    lower[i * m + i] += jitter * covariance.variance;
    for (int64_t j = 0; j <= i; ++j) {
      const double magnitude = std::abs(lower[i * m + j]);
      row_sums[i] += magnitude;
      if (j < i) row_sums[j] += magnitude;
    }
    monitor.Advance(i + 1);
    monitor.Look();
  }
  return *std::max_element(row_sums.begin(), row_sums.end());
}

// Computes the lower Cholesky factor in place, one panel of rows after the other, with the same substitution as V. So
// the bits of L depend on the SIMD target alone; with a BLAS they would depend on its choice of kernels. Returns -1,
// or the first pivot that is not above its rounding level.
int64_t FactorInPlace(AlignedVector& lower, int64_t m, Monitor& monitor) {
  AlignedVector panel(static_cast<size_t>(m * kPanelWidth));
  double squares[kPanelWidth];
  // Work for the panel of rows from k on: the length of its last row, times the number of panels up to it.
  const auto work = [](int64_t k) { return (k + kPanelWidth) * (k / kPanelWidth + 1); };
  int64_t total = 0;
  for (int64_t k = 0; k < m; k += kPanelWidth) total += work(k);
  monitor.Start(total);
  Pace pace(monitor);
  for (int64_t k = 0; k < m; k += kPanelWidth) {
    const int64_t width = std::min(kPanelWidth, m - k);
    monitor.Look();
    // The columns of the panel are rows of K and become rows of L.
    for (int64_t c = 0; c < k; ++c) {
      for (int64_t i = 0; i < kPanelWidth; ++i) {
        panel[c * kPanelWidth + i] = i < width ? lower[(k + i) * m + c] : 0.0;
      }
    }
    ForwardSubstitutePaced(lower.data(), m, k, panel.data(), squares, pace);
    for (int64_t i = 0; i < width; ++i) {
      double* row = lower.data() + (k + i) * m;
      for (int64_t c = 0; c < k; ++c) row[c] = panel[c * kPanelWidth + i];
      for (int64_t j = 0; j <= i; ++j) {
        const double* other = lower.data() + (k + j) * m;
        double value = row[k + j];
        const double diagonal = value;
        for (int64_t c = 0; c < k + j; ++c) value -= row[c] * other[c];
        if (j < i) {
          row[k + j] = value / other[k + j];
        } else if (value > 4 * static_cast<double>(k + i + 1) * 0x1p-53 * diagonal) {
          row[k + j] = std::sqrt(value);
        } else {
          return k + i;
        }
      }
      pace.Spend(i * (k + i));
    }
    monitor.Advance(work(k));
  }
  return -1;
}

// Row i of `out`, m values, is column i of the panel. A cache line of the panel is read once.
void CopyTransposed(const double* panel, int64_t m, int64_t width, double* out) {
  constexpr int64_t kLine = 8;
  for (int64_t first = 0; first < width; first += kLine) {
    const int64_t end = std::min(first + kLine, width);
    for (int64_t begin = 0; begin < m; begin += kLine) {
      const int64_t last = std::min(begin + kLine, m);
      for (int64_t i = first; i < end; ++i) {
        for (int64_t r = begin; r < last; ++r) out[i * m + r] = panel[r * kPanelWidth + i];
      }
    }
  }
}

}  // namespace

InducingFactor::InducingFactor(const CovarianceFunction& covariance, ScaledPoints inducing,
                               const JitterPolicy& policy, Monitor& monitor)
    : inducing_(std::move(inducing)), jitter_used_(policy.jitter) {
  const int64_t m = inducing_.size();
  if (m == 0) return;
  AlignedVector lower(static_cast<size_t>(CheckedSize(m, m, "K(Z,Z)")), 0.0);
  while (true) {
    largest_row_sum_ = FillCovariance(covariance.view(), inducing_, jitter_used_, lower, monitor);
    const int64_t pivot = FactorInPlace(lower, m, monitor);
    if (pivot < 0) {
      lower_ = std::move(lower);
      return;
    }
    const double next = jitter_used_ > 0 ? 10 * jitter_used_ : 1e-12;
    // The tolerance lets max_jitter = 1e-4 be reached from 1e-8 despite rounding.
    if (!(next <= policy.max_jitter * (1 + 1e-9))) {
      throw Error(RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE,
                  "K(Z,Z) with relative jitter " + Describe(jitter_used_) +
                      " is not positive definite at pivot " + Ordinal{pivot} +
                      "; remove inducing points that coincide, or increase jitter or max_jitter");
    }
    jitter_used_ = next;
  }
}

void InducingFactor::Solve(const CovarianceView& covariance, const ScaledPoints& points,
                           int64_t first, int64_t count, AlignedVector& panel, double* factor,
                           double* squares) const {
  const int64_t m = size();
  std::vector<double> inducing_point(static_cast<size_t>(inducing_.dimensions()));
  panel.resize(static_cast<size_t>(m * kPanelWidth));
  double panel_squares[kPanelWidth];
  for (int64_t begin = 0; begin < count; begin += kPanelWidth) {
    const int64_t width = std::min(kPanelWidth, count - begin);
    double* out = factor + begin * m;
    for (int64_t r = 0; r < m; ++r) {
      // Prefetches `out`, which is written at the end: a part for each r, all of it by the last r.
      PrefetchLines(out + r * width, static_cast<int64_t>(sizeof(double)) * width);
      double* row = panel.data() + r * kPanelWidth;
      inducing_.CopyPoint(r, inducing_point.data());
      CovarianceRow(covariance, ViewOf(points), first + begin, width, inducing_point.data(), row);
      std::fill(row + width, row + kPanelWidth, 0.0);
    }
    ForwardSubstitute(lower_.data(), m, m, panel.data(), panel_squares);
    std::copy_n(panel_squares, width, squares + begin);
    CopyTransposed(panel.data(), m, width, out);
  }
}

SemidefiniteDeficit InducingFactor::Deficit(const CovarianceView& covariance, double largest_norm,
                                            int threads, Monitor& monitor) const {
  const FactorAtHand factor{lower_.view(), size(), largest_row_sum_, jitter_used_};
  const FactorRounding rounding =
      AnalyzeFactor(factor, covariance.variance, inducing_.dimensions(), threads, monitor);
  return DeficitOf(rounding, covariance.variance, largest_norm, size());
}

int64_t InducingFactor::bytes() const {
  return inducing_.bytes() + static_cast<int64_t>(lower_.size() * sizeof(double));
}

template <class Self, class Archive>
void InducingFactor::NameMembers(Self& self, const Archive& archive) {
  archive.Values("jitter", self.jitter_used_, self.largest_row_sum_);
  archive.Numbers("lower", self.lower_, CountOf(self.size(), self.size()));
}

void InducingFactor::Save(const IndexWriter& writer) const {
  inducing_.Save(writer.In("points"));
  NameMembers(*this, writer);
}

void InducingFactor::Load(const IndexReader& reader) {
  inducing_.Load(reader.In("points"));
  NameMembers(*this, reader);
}

}  // namespace residual_knn
