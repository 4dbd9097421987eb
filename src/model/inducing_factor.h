// From inducing points to V and p: L L' = K(Z,Z) + jitter variance I, V_i = L^-1 K(Z, x_i),
// p_i = variance + nugget - |V_i|^2.
#pragma once

#include <cstdint>

#include "base/aligned_vector.h"
#include "model/covariance_function.h"
#include "model/scaled_points.h"
#include "model/semidefinite_deficit.h"
#include "parallel/monitor.h"
#include "storage/stored_array.h"

namespace residual_knn {

class IndexReader;
class IndexWriter;

struct JitterPolicy {
  double jitter = 1e-8;   // relative to the variance
  double max_jitter = 0;  // if above jitter: jitter is raised tenfold, up to this
};

class InducingFactor {
 public:
  InducingFactor() = default;

  // Throws ERROR_NOT_POSITIVE_DEFINITE with the failing pivot.
  InducingFactor(const CovarianceFunction& covariance, ScaledPoints inducing,
                 const JitterPolicy& policy, Monitor& monitor);

  [[nodiscard]] int64_t size() const { return inducing_.size(); }
  [[nodiscard]] const ScaledPoints& points() const { return inducing_; }
  [[nodiscard]] double jitter_used() const { return jitter_used_; }

  // V and |V|^2 of points [first, first + count): row i of V goes to factor + i * size(), its
  // square to squares[i]. A point's bits do not depend on the others. `panel` is scratch, resized
  // as needed.
  void Solve(const CovarianceView& covariance, const ScaledPoints& points, int64_t first,
             int64_t count, AlignedVector& panel, double* factor, double* squares) const;

  // The deficit of R that is due to the rounding of L, V and the covariances, for points with |V| <= largest_norm.
  [[nodiscard]] SemidefiniteDeficit Deficit(const CovarianceView& covariance, double largest_norm,
                                            int threads, Monitor& monitor) const;

  [[nodiscard]] int64_t bytes() const;

  void Save(const IndexWriter& writer) const;
  void Load(const IndexReader& reader);

 private:
  template <class Self, class Archive>
  static void NameMembers(Self& self, const Archive& archive);

  ScaledPoints inducing_;
  StoredDoubles lower_;  // m x m, row-major
  double jitter_used_ = 0;
  double largest_row_sum_ = 0;  // of K(Z,Z) + jitter variance I
};

}  // namespace residual_knn
