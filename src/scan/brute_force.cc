#include "scan/brute_force.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "scan/double_scan.h"
#include "scan/quantized_scan.h"

namespace residual_knn {
namespace {

// Scans leave out rows that repeat more than k others. If these are more than one row in this many, scans are faster
// than a tree.
constexpr int64_t kRepeatedOneIn = 2;
// Preparing what scans need, above all V in integers, takes about as long as scans in integers save for this many
// queries.
constexpr int64_t kFewQueries = 64;

// A row that repeats at least this many rows before it is among the k nearest of no query. One of those rows may be the
// query itself; k others are as near and have smaller row numbers. A search above a threshold needs all rows.
int64_t LeastBefore(const SearchJob& job) {
  return job.settings.least_correlation ? std::numeric_limits<int64_t>::max() : job.settings.k + 1;
}

}  // namespace

QuantizedFit FitOf(const SearchJob& job, ScanStore& store) {
  // Only the scan in double precision has tiles that a caller can set.
  if (job.settings.tile_queries > 0 || job.settings.tile_candidates > 0) return {};
  return store.Fit(job.monitor);
}

void PrepareBruteForce(const ResidualModel& model, const QuantizedFit& fit, int threads,
                       Monitor& monitor, ScanStore& store) {
  if (fit.bits8) store.V(ElementBits::k8, threads, monitor);
  if (fit.bits16 && (!fit.bits8 || fit.leaves_to_16)) store.V(ElementBits::k16, threads, monitor);
  if (model.covariance() != nullptr) {
    store.GetNeighborhoods(threads, monitor);
    store.Repeated(monitor);
  }
}

bool MostRowsRepeat(const SearchJob& job, ScanStore& store) {
  const RepeatedPoints& repeated = store.Repeated(job.monitor);
  return repeated.NumRowsAfter(LeastBefore(job)) > job.model.n() / kRepeatedOneIn;
}

SearchStatistics SearchBruteForce(const SearchJob& job, ScanStore& store,
                                  std::span<const int64_t> which) {
  SearchStatistics statistics;
  statistics.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  const auto add = [&](const SearchStatistics& part) {
    statistics.threads = std::max(statistics.threads, part.threads);
    statistics.AddScan(part);
  };
  const int threads = job.settings.threads;
  std::vector<int64_t> left(which.begin(), which.end());
  ScanAids aids;
  std::vector<int64_t> surplus_repeats;
  const bool many = std::ssize(left) >= kFewQueries;
  if (job.model.covariance() != nullptr && (many || store.HasNeighborhoods())) {
    aids.neighborhoods = &store.GetNeighborhoods(threads, job.monitor);
    surplus_repeats = store.Repeated(job.monitor).RowsAfter(LeastBefore(job));
    aids.surplus_repeats = surplus_repeats;
  }
  for (const ElementBits bits : {ElementBits::k8, ElementBits::k16}) {
    if (left.empty() || aids.neighborhoods == nullptr) break;
    if (std::ssize(left) < kFewQueries && !store.HasV(bits)) continue;
    if (!FitOf(job, store).Suits(bits)) continue;
    const QuantizedV& quantized = store.V(bits, threads, job.monitor);
    const std::vector<int64_t> given = std::exchange(left, {});
    add(SearchQuantized(job, quantized, aids, given, left));
  }
  if (!left.empty() || which.empty()) add(SearchInDouble(job, aids, left));
  return statistics;
}

}  // namespace residual_knn
