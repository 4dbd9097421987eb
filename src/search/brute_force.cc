#include "search/brute_force.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "search/double_scan.h"
#include "search/quantized_scan.h"

namespace residual_knn {
namespace {

// Scans leave out rows that repeat more than k others. Where these are more than one row in so many, scans are better
// than a tree.
constexpr int64_t kRepeatedOneIn = 2;
// What is prepared for scans, integers above all, takes about as long as so many queries gain by it.
constexpr int64_t kFewQueries = 64;

const QuantizedFactor& FactorOf(ElementBits bits, const ResidualModel& model, Prepared& prepared,
                                const QuantizedFit& fit, int threads, Monitor& monitor) {
  return prepared.Factor(bits).Get(monitor, true, [&] {
    return std::make_unique<QuantizedFactor>(model, fit, bits, threads, monitor);
  });
}

const RepeatedPoints& RepeatedOf(const ResidualModel& model, Prepared& prepared, Monitor& monitor) {
  return prepared.repeated.Get(monitor, true,
                               [&] { return std::make_unique<RepeatedPoints>(model, monitor); });
}

const Neighborhoods& NeighborhoodsOf(const ResidualModel& model, Prepared& prepared, int threads,
                                     Monitor& monitor) {
  return prepared.neighborhoods.Get(
      monitor, true, [&] { return std::make_unique<Neighborhoods>(model, threads, monitor); });
}

}  // namespace

QuantizedFit FitOf(const ResidualModel& model, Prepared& prepared, const SearchSettings& settings,
                   Monitor& monitor) {
  // Tiles are those of the scan in double precision.
  if (settings.tile_queries > 0 || settings.tile_candidates > 0) return {};
  return prepared.fit.Get(monitor, true,
                          [&] { return std::make_unique<QuantizedFit>(model, monitor); });
}

void PrepareBruteForce(const ResidualModel& model, Prepared& prepared,
                       const SearchSettings& settings, Monitor& monitor) {
  const QuantizedFit fit = FitOf(model, prepared, settings, monitor);
  if (fit.bits8) {
    FactorOf(ElementBits::k8, model, prepared, fit, settings.threads, monitor);
  }
  if (fit.bits16 && (!fit.bits8 || fit.leaves_to_16)) {
    FactorOf(ElementBits::k16, model, prepared, fit, settings.threads, monitor);
  }
  if (model.covariance() != nullptr) {
    NeighborhoodsOf(model, prepared, settings.threads, monitor);
    RepeatedOf(model, prepared, monitor);
  }
}

bool MostRowsRepeat(const ResidualModel& model, Prepared& prepared, int64_t k, Monitor& monitor) {
  const auto hopeless = RepeatedOf(model, prepared, monitor).RowsAfter(k + 1);
  return static_cast<int64_t>(hopeless.size()) > model.n() / kRepeatedOneIn;
}

SearchStatistics SearchBruteForce(const ResidualModel& model, Prepared& prepared,
                                  const QuerySet& queries, std::span<const int64_t> which,
                                  const SearchSettings& settings, ResultSink& results,
                                  Monitor& monitor) {
  SearchStatistics statistics;
  statistics.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  const auto add = [&](const SearchStatistics& part) {
    statistics.threads = std::max(statistics.threads, part.threads);
    statistics.AddCounts(part);
  };
  std::vector<int64_t> left(which.begin(), which.end());
  ScanAids aids;
  std::vector<int64_t> hopeless;
  const bool many = static_cast<int64_t>(left.size()) >= kFewQueries;
  if (model.covariance() != nullptr && (many || prepared.neighborhoods.IfMade() != nullptr)) {
    aids.neighborhoods = &NeighborhoodsOf(model, prepared, settings.threads, monitor);
    // k rows that are the same point, and perhaps the query itself, are nearer or tie and come first.
    hopeless = RepeatedOf(model, prepared, monitor).RowsAfter(settings.k + 1);
    aids.hopeless = hopeless;
  }
  for (const ElementBits bits : {ElementBits::k8, ElementBits::k16}) {
    if (left.empty() || aids.neighborhoods == nullptr) break;
    const bool made = prepared.Factor(bits).IfMade() != nullptr;
    if (static_cast<int64_t>(left.size()) < kFewQueries && !made) continue;
    const QuantizedFit fit = FitOf(model, prepared, settings, monitor);
    if (!fit.Suits(bits)) continue;
    const QuantizedFactor& factor = FactorOf(bits, model, prepared, fit, settings.threads, monitor);
    const std::vector<int64_t> given = std::exchange(left, {});
    add(SearchQuantized(model, factor, aids, queries, given, settings, results, monitor, left));
  }
  if (!left.empty() || which.empty()) {
    add(SearchInDouble(model, aids, queries, left, settings, results, monitor));
  }
  return statistics;
}

}  // namespace residual_knn
