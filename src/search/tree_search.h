// Searches with the residual tree: which query meets which tree, in which chunks.
#pragma once

#include "search/search.h"
#include "tree/tree_store.h"

namespace residual_knn {

// settings.strategy is one of the traversals.
SearchStatistics SearchTree(const ResidualModel& model, TreeStore& trees, const QuerySet& queries,
                            const SearchSettings& settings, ResultSink& results, Monitor& monitor);

}  // namespace residual_knn
