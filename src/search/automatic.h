// What RESIDUAL_KNN_AUTOMATIC decides before anything is searched.
#pragma once

#include <cstdint>

#include "query/search_job.h"
#include "search/prepared.h"

namespace residual_knn {

// How a search begins.
struct SearchWay {
  bool scan = false;     // by brute force
  bool compare = false;  // by tree, unless a timed sample is for brute force
  int32_t reason = RESIDUAL_KNN_REASON_REQUESTED;
};

// The way of a search with the strategy of its settings. `pairs` is the number of its pairs.
SearchWay ChooseWay(const SearchJob& job, Prepared& prepared, int64_t pairs);

// Returns why a model is not pruned whose rounding is not known to be small enough.
int32_t ReasonNotToPrune(const ResidualModel& model);

// Throws if the trees that the caller asks for need more memory than the index may take.
void RequireRoomForTrees(const SearchJob& job, Prepared& prepared);

// Returns the reason for brute force, or RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE if a timed sample should decide. `pairs`
// is the number of pairs of the search.
int32_t ReasonToScan(const SearchJob& job, Prepared& prepared, int64_t pairs);

// Whether a search for the neighbors of all rows would not scan at once, but try trees.
bool TreesMayPay(const ResidualModel& model, Prepared& prepared, Monitor& monitor);

}  // namespace residual_knn
