// One search: chooses between the scans and the tree, and answers the queries.
#pragma once

#include "query/search_job.h"
#include "query/search_statistics.h"
#include "search/prepared.h"

namespace residual_knn {

// job.settings.strategy has been checked.
SearchStatistics Search(const SearchJob& job, Prepared& prepared);

}  // namespace residual_knn
