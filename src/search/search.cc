#include "search/search.h"

#include <string>

#include "base/error.h"
#include "search/brute_force.h"

namespace residual_knn {

void RequireStrategy(int32_t strategy) {
  if (strategy < RESIDUAL_KNN_AUTOMATIC || strategy > RESIDUAL_KNN_DUAL_TREE) {
    ThrowInvalid("strategy is " + std::to_string(strategy) +
                 ", not one of enum residual_knn_strategy");
  }
}

SearchStatistics Search(const ResidualModel& model, const QuerySet& queries,
                        const SearchSettings& settings, ResultSink& results, Monitor& monitor) {
  // The only strategy so far, and so also what RESIDUAL_KNN_AUTOMATIC chooses.
  return SearchBruteForce(model, queries, settings, results, monitor);
}

}  // namespace residual_knn
