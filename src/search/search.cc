#include "search/search.h"

#include <string>

#include "base/error.h"
#include "search/brute_force.h"

namespace residual_knn {

SearchStatistics Search(const ResidualModel& model, const QuerySet& queries,
                        const SearchSettings& settings, ResultSink& results, Monitor& monitor) {
  switch (settings.strategy) {
    case RESIDUAL_KNN_AUTOMATIC:
    case RESIDUAL_KNN_BRUTE_FORCE:
      return SearchBruteForce(model, queries, settings, results, monitor);
    default:
      ThrowInvalid("strategy is " + std::to_string(settings.strategy) +
                   ", not one of enum residual_knn_strategy");
  }
}

}  // namespace residual_knn
