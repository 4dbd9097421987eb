// Brute force in integers: every pair is screened by products of integers, for queries whose margins allow it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "query/search_job.h"
#include "query/search_statistics.h"
#include "scan/quantized_v.h"
#include "scan/scan_aids.h"

namespace residual_knn {

// Answers the listed queries. Queries that integers do not suit, or that another scan answers faster, are appended to
// `left` instead. `aids` have neighborhoods.
SearchStatistics SearchQuantized(const SearchJob& job, const QuantizedV& quantized,
                                 const ScanAids& aids, std::span<const int64_t> which,
                                 std::vector<int64_t>& left);

}  // namespace residual_knn
