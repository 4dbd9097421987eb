// Every pair, screened by products of integers: brute force where the margin allows it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "query/search_job.h"
#include "query/search_statistics.h"
#include "scan/quantized_v.h"
#include "scan/scan_aids.h"

namespace residual_knn {

// The listed queries. Those that are not fit for it, or that another scan answers faster, are not answered but appended
// to `left`. `aids` have neighborhoods.
SearchStatistics SearchQuantized(const SearchJob& job, const QuantizedV& quantized,
                                 const ScanAids& aids, std::span<const int64_t> which,
                                 std::vector<int64_t>& left);

}  // namespace residual_knn
