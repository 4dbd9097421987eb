#include "score/canonical_score.h"

#include "base/assert.h"
#include "simd/dot.h"

namespace residual_knn {

void CanonicalScorer::Score(std::span<const int64_t> rows, std::span<const double> covariances,
                            std::span<double> rho) const {
  RESIDUAL_KNN_ASSERT(covariances.size() == rows.size() && rho.size() == rows.size());
  const FactorRows::List v = factor_rows_.Get(rows);
  DotRows(v_, v.base, model_.m(), v.places, std::ssize(rows), rho.data());
  for (size_t c = 0; c < rows.size(); ++c) {
    // The two inverse deviations are multiplied first, so that rho_ij and rho_ji have the same bits.
    rho[c] = (covariances[c] - rho[c]) * (inverse_deviation_ * model_.inverse_deviation()[rows[c]]);
  }
}

}  // namespace residual_knn
