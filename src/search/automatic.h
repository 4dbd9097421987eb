// What RESIDUAL_KNN_AUTOMATIC does before anything is searched.
#pragma once

#include <cstdint>

#include "query/search_job.h"
#include "search/prepared.h"

namespace residual_knn {

// Why a model whose rounding is not known to be small enough is not pruned.
int32_t ReasonNotToPrune(const ResidualModel& model);

// Brute force with the reason, or RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE where a timed sample should decide.
// `pairs` are those of the question.
int32_t ReasonToScan(const SearchJob& job, Prepared& prepared, int64_t pairs);

}  // namespace residual_knn
