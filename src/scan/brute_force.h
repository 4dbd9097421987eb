// Brute force: three scans, each of which screens every pair and loses no neighbor. They work in integers of 8 bits, in
// integers of 16 bits, and in double precision. Each scan leaves the queries that it does not suit to the next.
#pragma once

#include <cstdint>
#include <span>

#include "query/search_job.h"
#include "query/search_statistics.h"
#include "scan/scan_store.h"

namespace residual_knn {

// Returns which scans in integers suit the model and the settings.
QuantizedFit FitOf(const SearchJob& job, ScanStore& store);

// Prepares everything that a scan of many queries keeps for later scans. `fit`: the scans in integers that it may use.
void PrepareBruteForce(const ResidualModel& model, const QuantizedFit& fit, int threads,
                       Monitor& monitor, ScanStore& store);

// Whether most rows cannot be among the k nearest of any query because they repeat others.
bool MostRowsRepeat(const SearchJob& job, ScanStore& store);

// Answers the listed queries. Queries are listed in ascending order of their limits. The caller has started
// the monitor, which counts pairs.
SearchStatistics SearchBruteForce(const SearchJob& job, ScanStore& store,
                                  std::span<const int64_t> which);

}  // namespace residual_knn
