// Brute force for any model: every pair is screened by matrix products in double precision.
#pragma once

#include <cstdint>
#include <span>

#include "query/search_job.h"
#include "query/search_statistics.h"
#include "scan/scan_aids.h"

namespace residual_knn {

// Answers the listed queries. Queries for predecessors are listed in ascending order of rows.
SearchStatistics SearchInDouble(const SearchJob& job, const ScanAids& aids,
                                std::span<const int64_t> which);

}  // namespace residual_knn
