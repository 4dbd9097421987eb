// Searches with the residual tree; if asked, a timed sample decides whether brute force does the rest.
#pragma once

#include "search/prepared.h"
#include "search/search.h"

namespace residual_knn {

// settings.strategy is one of the traversals. If `compare`, a sample of the queries is searched both ways
// first, and the rest by what was faster; the answers are the same.
SearchStatistics SearchTree(const ResidualModel& model, Prepared& prepared, const QuerySet& queries,
                            const SearchSettings& settings, bool compare, ResultSink& results,
                            Monitor& monitor);

}  // namespace residual_knn
