// Searches with the residual tree, and with brute force where that is faster.
#pragma once

#include <cstdint>
#include <vector>

#include "query/search_job.h"
#include "query/search_statistics.h"
#include "search/prepared.h"

namespace residual_knn {

// Searches by the traversal job.settings.strategy. Brute force answers the queries for which no tree helps.
SearchStatistics SearchTree(const SearchJob& job, Prepared& prepared);

// Searches by RESIDUAL_KNN_DUAL_TREE or by brute force. Both are timed on a sample of the queries, and the faster one
// answers the rest. The answers do not depend on the choice.
SearchStatistics SearchTreeOrScan(const SearchJob& job, Prepared& prepared);

// What a choice between the two ways is for.
struct SampledWork {
  double queries = 0;
  double pairs = 0;
};

// Whether RESIDUAL_KNN_DUAL_TREE is faster than brute force for this much work, timed on a sample of the queries of the
// job. The answers for the sample go to the results of the job. Adds the work of the sample to `spent`.
bool TreeWinsOnSample(const SearchJob& job, const SampledWork& work, Prepared& prepared,
                      SearchStatistics& spent);

// The queries in the order in which SearchTree takes them. Adds the time for trees that had to be built to `spent`.
std::vector<int64_t> OrderOfTree(const SearchJob& job, Prepared& prepared, SearchStatistics& spent);

}  // namespace residual_knn
