// Every pair, screened by matrix products in double precision: brute force that takes any model.
#pragma once

#include <cstdint>
#include <span>

#include "query/search_job.h"
#include "query/search_statistics.h"
#include "scan/scan_aids.h"

namespace residual_knn {

// The listed queries; those for predecessors in ascending order of rows.
SearchStatistics SearchInDouble(const SearchJob& job, const ScanAids& aids,
                                std::span<const int64_t> which);

}  // namespace residual_knn
