// Searches with the residual tree, and with brute force where that is faster.
#pragma once

#include "query/search_job.h"
#include "query/search_statistics.h"
#include "search/prepared.h"

namespace residual_knn {

// Searches by the traversal job.settings.strategy. Brute force answers the queries for which no tree helps.
SearchStatistics SearchTree(const SearchJob& job, Prepared& prepared);

// Searches by RESIDUAL_KNN_DUAL_TREE or by brute force. Both are timed on a sample of the queries, and the faster one
// answers the rest. The answers do not depend on the choice.
SearchStatistics SearchTreeOrScan(const SearchJob& job, Prepared& prepared);

}  // namespace residual_knn
