// Candidates for conditional selection, found by searches: near in residual correlation, and near in scaled space.
//
// Points near in residual correlation alone repeat each other, and points near in space alone miss what the inducing
// points have changed. The union of both is close to the best choice for every kernel that was tried.
#pragma once

#include <cstdint>
#include <memory>

#include "query/row_lists.h"
#include "query/search_job.h"
#include "query/search_statistics.h"
#include "search/prepared.h"

namespace residual_knn {

// How many candidates of each kind a query has.
struct CandidateCounts {
  int64_t residual = 0;
  int64_t scaled = 0;
};

// Refers to values that outlive the searches. k and the ranking of the settings are not used.
struct CandidateJob {
  const ResidualModel& model;
  const QuerySet& queries;
  const SearchSettings& settings;
  Monitor& monitor;
  const RowLists* start = nullptr;  // as in SearchJob
};

// Searches for the candidates of all queries of the job. Adds the work to
// `statistics`. Memory: 4 bytes for each candidate, or 8 if rows do not fit into 32 bits.
std::unique_ptr<RowLists> FindCandidates(const CandidateJob& job, const CandidateCounts& counts,
                                         Prepared& prepared, SearchStatistics& statistics);

}  // namespace residual_knn
