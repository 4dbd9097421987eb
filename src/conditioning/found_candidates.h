// Candidates for conditional selection, found by searches: near in residual correlation, and near in scaled space.
//
// For some kernels, candidates that are near in residual correlation only are a poor choice; for others, those near in
// scaled space only. The union of both was a compromise for all kernels that were tried (docs/conditioning.md).
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
