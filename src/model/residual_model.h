// Everything that defines residual correlations: V, p and the covariance, from whichever way in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "base/assert.h"
#include "base/dense_matrix_view.h"
#include "model/covariance_function.h"
#include "model/inducing_factor.h"
#include "model/original_points.h"
#include "model/scaled_points.h"
#include "model/semidefinite_deficit.h"
#include "parallel/monitor.h"
#include "parallel/team.h"
#include "residual_knn.h"
#include "storage/stored_array.h"

namespace residual_knn {

class IndexReader;
class IndexWriter;

// The caller's covariance, for kernels that the library does not know.
struct CovarianceCallback {
  residual_knn_covariance function = nullptr;
  void* user = nullptr;
  bool concurrent = false;
};

// Levels of the quantiles of p / (p + |V|^2).
inline constexpr std::array<double, 7> kShareLevels = {0, 0.01, 0.05, 0.5, 0.95, 0.99, 1};

// What turns a caller's coordinates into scaled ones, for points and queries alike.
struct PointScaling {
  std::vector<double> lengthscales;
  std::vector<double> origin;
};

// Whether a model with inducing points keeps V, or computes rows of it when they are needed.
struct FactorStorage {
  bool stored = true;
  // What each thread keeps of computed rows: some hundred leaves of a tree with 200 columns, about what a chunk of
  // queries meets.
  int64_t cache_bytes = int64_t{64} << 20;
};

// What a model with inducing points is made of: V and p follow from it. The original points are kept for updates.
struct InducingParts {
  CovarianceFunction covariance;
  double nugget = 0;
  ScaledPoints points;
  PointScaling scaling;
  InducingFactor inducing;
  OriginalPoints original;
  OriginalPoints original_inducing;
  FactorStorage storage;
};

// A built-in covariance of points.
struct CovarianceParts {
  CovarianceFunction covariance;
  ScaledPoints points;
  PointScaling scaling;
};

// The caller's V (n x m) and p (n values). `error` is what the caller promises, see factor_error of
// residual_knn_model_options; 0: nothing.
struct GivenFactor {
  DenseMatrixView factor;
  std::span<const double> residual_variance;
  double error = 0;
};

// A change of hyper-parameters, ready to be applied.
struct ModelUpdate {
  CovarianceFunction covariance;
  double nugget = 0;
  std::vector<double> lengthscales;
  ScaledPoints points;
  OriginalPoints original_inducing;
  InducingFactor inducing;
};

class ResidualModel {
 public:
  // From inducing points: V and p are computed. A team computes p together, unless V is stored.
  ResidualModel(InducingParts parts, const Workforce& workforce, Monitor& monitor);

  // From the caller's V and p with a built-in covariance.
  ResidualModel(CovarianceParts parts, const GivenFactor& given, int threads, Monitor& monitor);

  // From the caller's V and p with the caller's covariance.
  ResidualModel(const CovarianceCallback& callback, const GivenFactor& given, int threads,
                Monitor& monitor);

  // From a saved model and its covariance; if its V is left out, rows are computed. `cache_bytes`: see FactorStorage.
  ResidualModel(const IndexReader& reader, CovarianceFunction covariance, int64_t cache_bytes);
  // The covariance of a saved model.
  static CovarianceFunction LoadCovariance(const IndexReader& reader);
  // Models with a covariance callback cannot be saved.
  void Save(const IndexWriter& writer) const;

  // Only models with inducing points have updates.
  [[nodiscard]] bool CanUpdate() const { return inducing_.has_value(); }

  // What new hyper-parameters, and new inducing points unless null, make of the same points; whatever is wrong
  // with them is found here.
  [[nodiscard]] ModelUpdate PrepareUpdate(CovarianceFunction covariance, double nugget,
                                          std::span<const double> lengthscales,
                                          const DenseMatrixView* inducing,
                                          const JitterPolicy& jitter, Monitor& monitor) const;
  // Computes V and p in the memory of the old ones: the same bits as a new model of the same arguments. If this
  // fails or is stopped, the model is of no use until another update.
  void Apply(ModelUpdate update, int threads, Monitor& monitor);

  [[nodiscard]] int64_t n() const { return n_; }
  [[nodiscard]] int64_t m() const { return m_; }
  [[nodiscard]] int64_t d() const { return points_.dimensions(); }

  // Whether V is stored. If not, FactorRows computes its rows from the points, which only a model with inducing points
  // can.
  [[nodiscard]] bool stores_factor() const { return storage_.stored; }
  [[nodiscard]] const FactorStorage& storage() const { return storage_; }
  // Row i of a stored V, m values; rows follow each other without gaps.
  [[nodiscard]] const double* v(int64_t i) const {
    RESIDUAL_KNN_ASSERT(stores_factor());
    return v_.data() + i * m_;
  }
  [[nodiscard]] double residual_variance(int64_t i) const { return residual_variance_[i]; }
  // 1 / sqrt(p), 0 for degenerate points; readable 8 doubles beyond the last.
  [[nodiscard]] const double* inverse_deviation() const { return inverse_deviation_.data(); }
  // Largest |V_i|.
  [[nodiscard]] double largest_norm() const { return largest_norm_; }

  [[nodiscard]] const ScaledPoints& points() const { return points_; }
  [[nodiscard]] const PointScaling& scaling() const { return scaling_; }
  // Null with a covariance callback.
  [[nodiscard]] const CovarianceFunction* covariance() const {
    return covariance_ ? &*covariance_ : nullptr;
  }
  // Largest rounding error of a covariance; 0 with a callback, whose values count as exact.
  [[nodiscard]] double covariance_error() const;
  [[nodiscard]] const CovarianceCallback& callback() const { return callback_; }
  // Null where the caller gave V.
  [[nodiscard]] const InducingFactor* inducing() const { return inducing_ ? &*inducing_ : nullptr; }
  [[nodiscard]] double nugget() const { return nugget_; }
  // The caller's numbers; empty where the caller gave V.
  [[nodiscard]] DenseMatrixView original_points() const { return original_.view(); }
  [[nodiscard]] DenseMatrixView original_inducing() const { return original_inducing_.view(); }

  // Unknown where the caller gave V and promised nothing.
  [[nodiscard]] const SemidefiniteDeficit& deficit() const { return deficit_; }

  [[nodiscard]] int64_t degenerate_points() const { return degenerate_points_; }
  [[nodiscard]] const std::array<double, 7>& share_quantiles() const { return share_quantiles_; }
  [[nodiscard]] int64_t bytes() const;
  // About the bytes of a model of this size with inducing points.
  static double BytesFor(double n, double d, double m, bool stores_factor);

  // 1 / sqrt(p), or 0 where p is at or below the rounding level of K - |V|^2.
  static double InverseDeviation(double residual_variance, double squared_norm, int64_t m);

 private:
  template <class Self, class Archive>
  static void NameMembers(Self& self, const Archive& archive);
  void RequireFittingSizes(const IndexReader& reader) const;

  // V, p and what follows from them, by inducing points. V is forgotten unless it is stored.
  void Compute(const Workforce& workforce, Monitor& monitor);
  // Derives what follows from V and p; squares holds |V_i|^2.
  void Finish(std::span<const double> squares, Monitor& monitor);

  int64_t n_ = 0;
  int64_t m_ = 0;
  FactorStorage storage_;
  StoredDoubles v_;
  StoredDoubles residual_variance_;
  StoredDoubles inverse_deviation_;
  double largest_norm_ = 0;
  ScaledPoints points_;
  PointScaling scaling_;
  std::optional<CovarianceFunction> covariance_;
  CovarianceCallback callback_;
  std::optional<InducingFactor> inducing_;
  OriginalPoints original_;
  OriginalPoints original_inducing_;
  double nugget_ = 0;
  SemidefiniteDeficit deficit_;
  int64_t degenerate_points_ = 0;
  std::array<double, 7> share_quantiles_{};
};

// Row-major copy of a caller's V (rows x m) after checks; `squares` receives |V_i|^2. `names` are the
// arguments to name in errors.
struct FactorNames {
  const char* factor;
  const char* residual_variance;
};
void CopyFactor(const DenseMatrixView& factor, std::span<const double> residual_variance,
                const FactorNames& names, double* out, std::span<double> squares, int threads,
                Monitor& monitor);

}  // namespace residual_knn
