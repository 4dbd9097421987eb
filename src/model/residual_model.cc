#include "model/residual_model.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/checked_size.h"
#include "base/describe.h"
#include "base/error.h"
#include "model/factor_rounding.h"
#include "parallel/pace.h"
#include "parallel/parallel_for.h"
#include "simd/dot.h"
#include "simd/forward_substitution.h"
#include "storage/index_reader.h"
#include "storage/index_writer.h"

namespace residual_knn {
namespace {

// Points that one task of the factor computation takes.
constexpr int64_t kFactorBlock = 256;
// See inverse_deviation().
constexpr int64_t kInverseDeviationPadding = 8;

}  // namespace

void CopyFactor(const DenseMatrixView& factor, std::span<const double> residual_variance,
                const FactorNames& names, double* out, std::span<double> squares, int threads,
                Monitor& monitor) {
  const int64_t m = factor.columns;
  const int64_t blocks = (factor.rows + kFactorBlock - 1) / kFactorBlock;
  const auto copy_row = [&](int64_t i) {
    const double p = residual_variance[i];
    if (!(p >= 0) || !(p <= 1e140)) {
      ThrowInvalid(std::string(names.residual_variance) + "[" + Ordinal{i} + "] is " + Describe(p) +
                   ", must be between 0 and 1e140");
    }
    for (int64_t c = 0; c < m; ++c) {
      const double value = factor(i, c);
      if (!(std::abs(value) <= 1e70)) {
        ThrowInvalid(
            std::string(names.factor) + ": column " + Ordinal{c} + " of row " + Ordinal{i} +
            " is " + Describe(value) +
            (std::isfinite(value) ? ", must be at most 1e70 in magnitude" : ", must be finite"));
      }
      out[i * m + c] = value;
    }
    squares[i] = SquaredNorm(out + i * m, m);
  };
  monitor.Start(factor.rows);
  ParallelFor(threads, blocks, monitor, [&](int64_t block, int worker) {
    const int64_t end = std::min((block + 1) * kFactorBlock, factor.rows);
    ThreadMonitor thread_monitor(monitor, worker);
    for (int64_t i = block * kFactorBlock; i < end && thread_monitor.GoOn(); ++i) copy_row(i);
    monitor.Advance(end - block * kFactorBlock);
  });
}

ResidualModel::ResidualModel(InducingParts parts, const Workforce& workforce, Monitor& monitor)
    : n_(parts.points.size()),
      storage_(parts.storage),
      points_(std::move(parts.points)),
      scaling_(std::move(parts.scaling)),
      covariance_(std::move(parts.covariance)),
      inducing_(std::move(parts.inducing)),
      original_(std::move(parts.original)),
      original_inducing_(std::move(parts.original_inducing)),
      nugget_(parts.nugget) {
  Compute(workforce, monitor);
}

ModelUpdate ResidualModel::PrepareUpdate(CovarianceFunction covariance, double nugget,
                                         std::span<const double> lengthscales,
                                         const DenseMatrixView* inducing,
                                         const JitterPolicy& jitter, Monitor& monitor) const {
  ScaledPoints points(original_.view(), lengthscales, "points", scaling_.origin);
  OriginalPoints original_inducing =
      inducing == nullptr ? original_inducing_ : OriginalPoints(*inducing);
  ScaledPoints scaled_inducing(original_inducing.view(), lengthscales, "inducing", scaling_.origin);
  InducingFactor factor(covariance, std::move(scaled_inducing), jitter, monitor);
  return {std::move(covariance),
          nugget,
          {lengthscales.begin(), lengthscales.end()},
          std::move(points),
          std::move(original_inducing),
          std::move(factor)};
}

void ResidualModel::Apply(ModelUpdate update, int threads, Monitor& monitor) {
  points_ = std::move(update.points);
  scaling_.lengthscales = std::move(update.lengthscales);
  covariance_ = std::move(update.covariance);
  inducing_ = std::move(update.inducing);
  nugget_ = update.nugget;
  Compute(threads, monitor);
  // Not before: after an update that broke off, the present inducing points are still the old ones.
  original_inducing_ = std::move(update.original_inducing);
}

void ResidualModel::Compute(const Workforce& workforce, Monitor& monitor) {
  const int threads = workforce.threads;
  m_ = inducing_->size();
  v_.resize(storage_.stored ? static_cast<size_t>(CheckedSize(n_, m_, "n x m")) : 0);
  residual_variance_.resize(static_cast<size_t>(n_));
  const CovarianceView view = covariance_->view();
  std::vector<double> squares(static_cast<size_t>(n_));
  std::vector<AlignedVector> panels(static_cast<size_t>(threads));
  std::vector<AlignedVector> forgotten(static_cast<size_t>(storage_.stored ? 0 : threads));
  for (AlignedVector& rows : forgotten) rows.resize(static_cast<size_t>(kPanelWidth * m_));
  // A stored V is needed whole, so that every process computes all of it.
  Team* const team = storage_.stored ? nullptr : workforce.team;
  const Workforce sharing(threads, team);
  const int64_t blocks = (n_ + kFactorBlock - 1) / kFactorBlock;
  std::vector<int64_t> begins;  // of the points of each process
  for (int64_t r = 0; r <= sharing.size(); ++r) {
    begins.push_back(std::min(BeginOfPart(blocks, sharing.size(), r) * kFactorBlock, n_));
  }
  const int64_t begin = begins[sharing.rank()];
  const int64_t end = begins[sharing.rank() + 1];
  monitor.Start(std::max<int64_t>(end - begin, 1));
  const int64_t own_blocks = (end - begin + kFactorBlock - 1) / kFactorBlock;
  ParallelFor(threads, own_blocks, monitor, [&](int64_t block, int worker) {
    const int64_t first = begin + block * kFactorBlock;
    const int64_t count = std::min(kFactorBlock, end - first);
    // Panels one by one, so that the caller hears from us also when m is large.
    ThreadMonitor thread_monitor(monitor, worker);
    for (int64_t done = 0; done < count && thread_monitor.GoOn(); done += kPanelWidth) {
      const int64_t size = std::min(kPanelWidth, count - done);
      double* const out =
          storage_.stored ? v_.own() + (first + done) * m_ : forgotten[worker].data();
      inducing_->Solve(view, points_, first + done, size, panels[worker], out,
                       squares.data() + first + done);
      monitor.Advance(size);
    }
  });
  if (team != nullptr) ExchangeParts(*team, squares, begins);
  for (int64_t i = 0; i < n_; ++i) {
    residual_variance_.own()[i] = std::max(covariance_->variance() + nugget_ - squares[i], 0.0);
  }
  Finish(squares, monitor);
  deficit_ = inducing_->Deficit(view, largest_norm_, threads, monitor);
}

ResidualModel::ResidualModel(CovarianceParts parts, const GivenFactor& given, int threads,
                             Monitor& monitor)
    : ResidualModel(CovarianceCallback{}, given, threads, monitor) {
  points_ = std::move(parts.points);
  scaling_ = std::move(parts.scaling);
  covariance_ = std::move(parts.covariance);
}

ResidualModel::ResidualModel(const CovarianceCallback& callback, const GivenFactor& given,
                             int threads, Monitor& monitor)
    : n_(given.factor.rows),
      m_(given.factor.columns),
      v_(static_cast<size_t>(CheckedSize(n_, m_, "n x m"))),
      residual_variance_(
          AlignedVector(given.residual_variance.begin(), given.residual_variance.end())),
      callback_(callback) {
  std::vector<double> squares(static_cast<size_t>(n_));
  CopyFactor(given.factor, given.residual_variance, {"factor", "residual_variance"}, v_.own(),
             squares, threads, monitor);
  Finish(squares, monitor);
  deficit_ = {given.error > 0, 0, given.error};
}

double ResidualModel::covariance_error() const {
  return CovarianceUnits(d()) * 0x1p-53 * (covariance_ ? covariance_->variance() : 0);
}

double ResidualModel::InverseDeviation(double residual_variance, double squared_norm, int64_t m) {
  const double level = 8.0 * static_cast<double>(m + 8) * 0x1p-53;
  // Below 1e-280 the product of two inverse deviations could overflow.
  if (residual_variance <= level * (residual_variance + squared_norm) ||
      residual_variance < 1e-280) {
    return 0;
  }
  return 1 / std::sqrt(residual_variance);
}

void ResidualModel::Finish(std::span<const double> squares, Monitor& monitor) {
  Pace pace(monitor);
  inverse_deviation_.assign(static_cast<size_t>(n_ + kInverseDeviationPadding), 0.0);
  std::vector<double> shares(static_cast<size_t>(n_));
  double largest_square = 0;
  degenerate_points_ = 0;
  for (int64_t i = 0; i < n_; ++i) {
    const double p = residual_variance_[i];
    inverse_deviation_.own()[i] = InverseDeviation(p, squares[i], m_);
    degenerate_points_ += inverse_deviation_[i] == 0 ? 1 : 0;
    const double total = p + squares[i];
    shares[i] = total > 0 ? p / total : 0;
    pace.Spend(4);
    // A degenerate point's score is 0 whatever its V: it must not widen the others' intervals.
    if (inverse_deviation_[i] > 0) largest_square = std::max(largest_square, squares[i]);
  }
  largest_norm_ = std::sqrt(largest_square);
  // From the middle outwards: each quantile is among what the one before has left on its side.
  const auto find = [&](size_t q, int64_t begin, int64_t end) {
    const auto at =
        static_cast<int64_t>(std::llround(kShareLevels[q] * static_cast<double>(n_ - 1)));
    std::nth_element(shares.begin() + begin, shares.begin() + at, shares.begin() + end,
                     [&](double a, double b) {
                       pace.Spend(1);
                       return a < b;
                     });
    share_quantiles_[q] = shares[at];
    return at;
  };
  constexpr size_t kMiddle = kShareLevels.size() / 2;
  int64_t begin = find(kMiddle, 0, n_);
  for (int64_t end = begin + 1, q = kMiddle - 1; q >= 0; --q)
    end = find(static_cast<size_t>(q), 0, end) + 1;
  for (size_t q = kMiddle + 1; q < kShareLevels.size(); ++q) begin = find(q, begin, n_);
}

double ResidualModel::BytesFor(double n, double d, double m, bool stores_factor) {
  // Points as given and scaled, p, 1 / sqrt(p) and V; inducing points and their factor.
  return sizeof(double) * (n * (2 * d + 2 + (stores_factor ? m : 0)) + m * (2 * d + m));
}

int64_t ResidualModel::bytes() const {
  return static_cast<int64_t>((v_.size() + residual_variance_.size() + inverse_deviation_.size()) *
                              sizeof(double)) +
         static_cast<int64_t>((scaling_.lengthscales.size() + scaling_.origin.size()) *
                              sizeof(double)) +
         points_.bytes() + original_.bytes() + original_inducing_.bytes() +
         (covariance_ ? covariance_->bytes() : 0) + (inducing_ ? inducing_->bytes() : 0);
}

template <class Self, class Archive>
void ResidualModel::NameMembers(Self& self, const Archive& archive) {
  archive.Values("sizes", self.n_, self.m_, self.storage_.stored, self.degenerate_points_);
  archive.Values("numbers", self.nugget_, self.largest_norm_, self.deficit_.known,
                 self.deficit_.absolute, self.deficit_.share);
  archive.Numbers("share_quantiles", self.share_quantiles_, std::ssize(self.share_quantiles_));
  archive.ManyNumbers("v", self.v_, self.storage_.stored ? CountOf(self.n_, self.m_) : 0);
  archive.Numbers("residual_variance", self.residual_variance_, self.n_);
  archive.Numbers("inverse_deviation", self.inverse_deviation_, self.n_ + kInverseDeviationPadding);
  archive.Numbers("lengthscales", self.scaling_.lengthscales, Archive::kAnyCount);
  archive.Numbers("origin", self.scaling_.origin, Archive::kAnyCount);
}

void ResidualModel::Save(const IndexWriter& writer) const {
  NameMembers(*this, writer);
  points_.Save(writer.In("points"));
  const CovarianceParameters& covariance = covariance_->parameters();
  writer.Values("covariance", covariance.kernel, covariance.variance, covariance.nu,
                covariance.alpha);
  if (!inducing_) return;
  inducing_->Save(writer.In("inducing"));
  original_.Save(writer.In("original_points"));
  original_inducing_.Save(writer.In("original_inducing"));
}

CovarianceFunction ResidualModel::LoadCovariance(const IndexReader& reader) {
  CovarianceParameters covariance;
  reader.Values("covariance", covariance.kernel, covariance.variance, covariance.nu,
                covariance.alpha);
  return CovarianceFunction(covariance);
}

ResidualModel::ResidualModel(const IndexReader& reader, CovarianceFunction covariance,
                             int64_t cache_bytes)
    : covariance_(std::move(covariance)) {
  NameMembers(*this, reader);
  if (reader.LeavesOut("v")) storage_.stored = false;
  storage_.cache_bytes = cache_bytes;
  points_.Load(reader.In("points"));
  if (reader.Has("inducing/jitter")) {
    inducing_.emplace().Load(reader.In("inducing"));
    original_.Load(reader.In("original_points"));
    original_inducing_.Load(reader.In("original_inducing"));
  }
  RequireFittingSizes(reader);
}

void ResidualModel::RequireFittingSizes(const IndexReader& reader) const {
  bool fit = n_ >= 1 && d() >= 1 && m_ >= 0 && degenerate_points_ >= 0 &&
             degenerate_points_ <= n_ && points_.size() == n_ &&
             std::ssize(scaling_.origin) == d() &&
             (scaling_.lengthscales.size() == 1 || std::ssize(scaling_.lengthscales) == d());
  if (inducing_) {
    fit = fit && inducing_->size() == m_ && inducing_->points().dimensions() == d() &&
          original_.rows() == n_ && original_.columns() == d() && original_inducing_.rows() == m_ &&
          original_inducing_.columns() == d();
  } else {
    fit = fit && storage_.stored;
  }
  reader.Require(fit, "a size");
}

}  // namespace residual_knn
