#include "search/search.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "model/callback_covariance.h"
#include "scaled_space/scaled_search.h"
#include "scan/brute_force.h"
#include "search/automatic.h"
#include "search/informative_neighbors.h"
#include "search/nearest_point.h"
#include "search/tree_search.h"

namespace residual_knn {
namespace {

SearchStatistics ScanAll(const SearchJob& job, ScanStore& store) {
  std::vector<int64_t> all(static_cast<size_t>(job.queries.size()));
  std::iota(all.begin(), all.end(), int64_t{0});
  return SearchBruteForce(job, store, all);
}

// The way that the larger search has chosen, if there is one.
SearchWay WayOf(const SearchJob& job, Prepared& prepared, int64_t pairs) {
  const LargerSearch* larger = job.settings.part_of;
  if (larger == nullptr) return ChooseWay(job, prepared, pairs);
  SearchWay way;
  way.scan = larger->by_correlation.strategy == RESIDUAL_KNN_BRUTE_FORCE;
  way.reason = larger->by_correlation.reason;
  return way;
}

// Searches by residual correlation with the settings as they are; the strategy may be automatic.
SearchStatistics SearchByChoice(const SearchJob& job, Prepared& prepared, int64_t pairs) {
  const LargerSearch* larger = job.settings.part_of;
  const SearchWay way = WayOf(job, prepared, pairs);
  if (way.compare && !way.scan) return SearchTreeOrScan(job, prepared);
  SearchStatistics statistics;
  if (way.scan) {
    statistics = ScanAll(job, prepared.scans());
  } else {
    SearchSettings settings = job.settings;
    if (larger != nullptr) settings.strategy = larger->by_correlation.strategy;
    statistics = SearchTree({job.model, job.queries, settings, job.results, job.monitor, job.start},
                            prepared);
  }
  statistics.reason = way.reason;
  return statistics;
}

SearchSettings SettingsByCorrelation(const SearchJob& job) {
  SearchSettings settings = job.settings;
  settings.threads = UsableThreads(job.model.callback(), settings.threads);
  return settings;
}

// Searches by residual correlation, and counts the queries without informative neighbors.
SearchStatistics SearchByCorrelation(const SearchJob& given, Prepared& prepared, int64_t pairs) {
  InformativeSink informative(given.model, given.results);
  ResultSink& results = given.settings.counts_informative ? informative : given.results;
  const SearchSettings settings = SettingsByCorrelation(given);
  const SearchJob job{given.model, given.queries, settings, results, given.monitor, given.start};
  SearchStatistics statistics = SearchByChoice(job, prepared, pairs);
  statistics.uninformative_queries = informative.uninformative();
  MeasureNearest(job, statistics);
  return statistics;
}

}  // namespace

int64_t CountPairs(const QuerySet& queries) {
  int64_t pairs = 0;
  for (int64_t i = 0; i < queries.size(); ++i) pairs += queries.Pairs(i);
  return pairs;
}

SearchStatistics Search(const SearchJob& job, Prepared& prepared) {
  const int64_t pairs = CountPairs(job.queries);
  // Progress does not count what a search prepares: that happens once, and is short.
  job.monitor.Start(std::max<int64_t>(pairs, 1));
  SearchStatistics statistics = job.settings.ranking == Ranking::kScaledDistance
                                    ? SearchScaledSpace(job, prepared.space_trees(), pairs)
                                    : SearchByCorrelation(job, prepared, pairs);
  const LeftQueries* left = job.settings.left;
  statistics.pairs = left == nullptr ? pairs : pairs - left->pairs;
  statistics.coarse_queries = job.queries.coarse();
  return statistics;
}

SearchChoice ChooseForParts(const SearchJob& whole, const SearchJob& sample, Prepared& prepared,
                            SearchStatistics& spent) {
  const int64_t pairs = CountPairs(whole.queries);
  if (whole.settings.ranking == Ranking::kScaledDistance) {
    return ChooseInScaledSpace(whole, prepared.space_trees(), pairs);
  }
  const SearchSettings settings = SettingsByCorrelation(whole);
  const SearchWay way =
      ChooseWay({whole.model, whole.queries, settings, whole.results, whole.monitor, whole.start},
                prepared, pairs);
  if (way.scan) return {RESIDUAL_KNN_BRUTE_FORCE, way.reason};
  if (!way.compare) return {settings.strategy, way.reason};
  const SampledWork work{static_cast<double>(whole.queries.size()), static_cast<double>(pairs)};
  const bool tree_wins = TreeWinsOnSample(
      {sample.model, sample.queries, settings, sample.results, sample.monitor, sample.start}, work,
      prepared, spent);
  if (!tree_wins) {
    return {RESIDUAL_KNN_BRUTE_FORCE, RESIDUAL_KNN_REASON_SAMPLE_FOR_BRUTE_FORCE};
  }
  return {RESIDUAL_KNN_DUAL_TREE, RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE};
}

}  // namespace residual_knn
