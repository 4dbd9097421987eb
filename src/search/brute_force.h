// Every pair by tiled matrix products; nothing is pruned. The baseline that other strategies are
// measured against, and the answer that they must return.
#pragma once

#include "search/search.h"

namespace residual_knn {

SearchStatistics SearchBruteForce(const ResidualModel& model, const QuerySet& queries,
                                  const SearchSettings& settings, ResultSink& results,
                                  Monitor& monitor);

}  // namespace residual_knn
