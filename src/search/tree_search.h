// Searches with the residual tree, and with brute force where that is faster.
#pragma once

#include "query/search_job.h"
#include "query/search_statistics.h"
#include "search/prepared.h"

namespace residual_knn {

// By the traversal job.settings.strategy; brute force takes the queries that no tree helps.
SearchStatistics SearchTree(const SearchJob& job, Prepared& prepared);

// The same by RESIDUAL_KNN_DUAL_TREE, but a sample of the queries is searched both ways first, and the rest by what was
// faster. The answers are the same.
SearchStatistics SearchTreeOrScan(const SearchJob& job, Prepared& prepared);

}  // namespace residual_knn
