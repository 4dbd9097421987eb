// One search: chooses between the scans and the tree, and answers the queries.
#pragma once

#include <cstdint>

#include "query/search_job.h"
#include "query/search_statistics.h"
#include "search/prepared.h"

namespace residual_knn {

// job.settings.strategy has been checked.
SearchStatistics Search(const SearchJob& job, Prepared& prepared);

// The number of pairs of a query and one of its candidates.
int64_t CountPairs(const QuerySet& queries);

// Chooses how to search `whole`, once for all parts in which it will be searched. If a timed sample has to decide, it is
// drawn from the queries of the other job, which may be the same or a part of it and has the same settings. The answers
// for the sample go to its results. Adds the work of the sample to `spent`.
SearchChoice ChooseForParts(const SearchJob& whole, const SearchJob& sample, Prepared& prepared,
                            SearchStatistics& spent);

}  // namespace residual_knn
