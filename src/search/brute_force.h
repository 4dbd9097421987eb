// Every pair, by the cheapest scans that lose nothing: integers of 8 bits, of 16, double precision. Each leaves the
// queries that it does not suit to the next.
#pragma once

#include <cstdint>
#include <span>

#include "search/prepared.h"
#include "search/search.h"

namespace residual_knn {

// Which scans in integers suit the model and the settings; found out once.
QuantizedFit FitOf(const ResidualModel& model, Prepared& prepared, const SearchSettings& settings,
                   Monitor& monitor);

// Prepares what a scan of many queries keeps for the next.
void PrepareBruteForce(const ResidualModel& model, Prepared& prepared,
                       const SearchSettings& settings, Monitor& monitor);

// Whether most rows cannot be among the k nearest of any query because they repeat others.
bool MostRowsRepeat(const ResidualModel& model, Prepared& prepared, int64_t k, Monitor& monitor);

// The listed queries; those for predecessors in ascending order of rows. The monitor has been started, in
// pairs.
SearchStatistics SearchBruteForce(const ResidualModel& model, Prepared& prepared,
                                  const QuerySet& queries, std::span<const int64_t> which,
                                  const SearchSettings& settings, ResultSink& results,
                                  Monitor& monitor);

}  // namespace residual_knn
