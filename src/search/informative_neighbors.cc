#include "search/informative_neighbors.h"

#include <algorithm>

#include "model/factor_rounding.h"
#include "model/product_error.h"

namespace residual_knn {

InformativeSink::InformativeSink(const ResidualModel& model, ResultSink& results)
    : model_(model),
      results_(results),
      product_error_(ProductError(model.m()) * model.largest_norm()) {
  if (model.covariance() == nullptr) return;
  const double jitter =
      model.inducing() != nullptr && model.m() > 0 ? model.inducing()->jitter_used() : 0;
  other_error_ = (CovarianceUnits(model.d()) * 0x1p-53 + jitter) * model.covariance()->variance();
}

void InformativeSink::Write(const QueryBlock& block, int64_t query,
                            std::span<const Neighbor> neighbors) {
  if (!AllInform(block, query, neighbors)) uninformative_.fetch_add(1, std::memory_order_relaxed);
  results_.Write(block, query, neighbors);
}

bool InformativeSink::AllInform(const QueryBlock& block, int64_t query,
                                std::span<const Neighbor> neighbors) const {
  const double error = product_error_ * block.norm[query] + other_error_;
  const double level = error * block.inverse_deviation[query];
  return std::all_of(neighbors.begin(), neighbors.end(), [&](const Neighbor& neighbor) {
    const double rho = 1 - neighbor.distance * neighbor.distance;
    return rho > kLeastCorrelation && rho > level * model_.inverse_deviation()[neighbor.row];
  });
}

}  // namespace residual_knn
