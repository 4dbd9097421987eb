// Every pair by tiled matrix products; nothing is pruned. The baseline that other strategies are
// measured against, and the answer that they must return.
#pragma once

#include <cstdint>
#include <span>

#include "search/prepared.h"
#include "search/search.h"

namespace residual_knn {

// Which scans suit the model; found out once.
const QuantizedFit& FitOf(const ResidualModel& model, Prepared& prepared, Monitor& monitor);

// Prepares what a scan of many queries keeps for the next.
void PrepareBruteForce(const ResidualModel& model, Prepared& prepared, int threads,
                       Monitor& monitor);

// The listed queries; those for predecessors in ascending order of rows. The monitor has been started, in
// pairs.
SearchStatistics SearchBruteForce(const ResidualModel& model, Prepared& prepared,
                                  const QuerySet& queries, std::span<const int64_t> which,
                                  const SearchSettings& settings, ResultSink& results,
                                  Monitor& monitor);

}  // namespace residual_knn
