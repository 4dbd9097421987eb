// The one function that decides between candidates and makes distances. All strategies use it, so that all return the
// same bytes.
#pragma once

#include <cstdint>
#include <span>

#include "model/factor_rows.h"
#include "model/residual_model.h"
#include "query/query_set.h"
#include "query/ranking.h"

namespace residual_knn {

class CanonicalScorer {
 public:
  CanonicalScorer(const ResidualModel& model, Ranking ranking)
      : model_(model), ranking_(ranking), factor_rows_(model) {}

  // Sets the query of Score. The block must stay loaded.
  void SetQuery(const QueryBlock& block, int64_t query) {
    v_ = block.v + query * model_.m();
    inverse_deviation_ = block.inverse_deviation[query];
  }

  // Residual correlations with candidate rows whose covariances are known.
  void Score(std::span<const int64_t> rows, std::span<const double> covariances,
             std::span<double> rho) const;

  // The rows of V that Score reads: others of the same thread may read them here, too.
  [[nodiscard]] FactorRows& factor_rows() const { return factor_rows_; }

  [[nodiscard]] double Distance(double rho) const { return DistanceOf(rho, ranking_); }
  [[nodiscard]] Ranking ranking() const { return ranking_; }

 private:
  const ResidualModel& model_;
  Ranking ranking_;
  mutable FactorRows factor_rows_;  // a cache, which changes no score
  const double* v_ = nullptr;
  double inverse_deviation_ = 0;
};

}  // namespace residual_knn
