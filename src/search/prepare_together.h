// What the processes of a team do before they share the queries of one search.
#pragma once

#include <cstdint>
#include <vector>

#include "parallel/team.h"
#include "query/search_job.h"
#include "search/prepared.h"

namespace residual_knn {

struct SharedPlan {
  // For the searches of parts of the queries.
  int32_t strategy = RESIDUAL_KNN_AUTOMATIC;
  // Why; RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE if the searches of parts still compare, kReasonOfParts if they know.
  static constexpr int32_t kReasonOfParts = -1;
  int32_t reason = RESIDUAL_KNN_REASON_REQUESTED;
  // The places of the queries in the results, in an order whose consecutive parts suit a search: near each other for a
  // tree, after those for brute force; otherwise those with the most candidates first, so that the last parts are short.
  std::vector<int64_t> order;
  // Whether a new chunk of a search begins at this place of `order`. Parts that begin there cut no chunk.
  std::vector<unsigned char> begins;
};

// Decides for the queries together whether trees pay, and builds those that no process has, each block on one of them.
// Every process calls this with the same job. Nothing is written to the results of the job.
SharedPlan PrepareTogether(const SearchJob& job, Prepared& prepared, Team& team);

}  // namespace residual_knn
