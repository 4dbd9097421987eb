// Every pair by tiled matrix products in double precision: the answer that all other searches must return.
#pragma once

#include <cstdint>
#include <span>

#include "search/scan_aids.h"
#include "search/search.h"

namespace residual_knn {

// The listed queries; those for predecessors in ascending order of rows.
SearchStatistics SearchInDouble(const ResidualModel& model, const ScanAids& aids,
                                const QuerySet& queries, std::span<const int64_t> which,
                                const SearchSettings& settings, ResultSink& results,
                                Monitor& monitor);

}  // namespace residual_knn
