// Every pair, screened by products of integers: brute force where the margin allows it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/quantized_factor.h"
#include "search/scan_aids.h"
#include "search/search.h"

namespace residual_knn {

// Like SearchBruteForce. Queries that are not fit for it, or are better off elsewhere, are left alone and appended to
// `left`. `aids` have neighborhoods.
SearchStatistics SearchQuantized(const ResidualModel& model, const QuantizedFactor& quantized,
                                 const ScanAids& aids, const QuerySet& queries,
                                 std::span<const int64_t> which, const SearchSettings& settings,
                                 ResultSink& results, Monitor& monitor, std::vector<int64_t>& left);

}  // namespace residual_knn
