// Every pair, by the cheapest scans that lose nothing: integers of 8 bits, of 16, double precision. Each leaves the
// queries that it does not suit to the next.
#pragma once

#include <cstdint>
#include <span>

#include "query/search_job.h"
#include "query/search_statistics.h"
#include "scan/scan_store.h"

namespace residual_knn {

// Which scans in integers suit the model and the settings.
QuantizedFit FitOf(const SearchJob& job, ScanStore& store);

// Prepares what a scan of many queries keeps for the next.
void PrepareBruteForce(const SearchJob& job, ScanStore& store);

// Whether most rows cannot be among the k nearest of any query because they repeat others.
bool MostRowsRepeat(const SearchJob& job, ScanStore& store);

// The listed queries; those for predecessors in ascending order of rows. The monitor has been started, in
// pairs.
SearchStatistics SearchBruteForce(const SearchJob& job, ScanStore& store,
                                  std::span<const int64_t> which);

}  // namespace residual_knn
