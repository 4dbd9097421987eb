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

// Searches with the settings as they are; the strategy may be automatic.
SearchStatistics SearchByChoice(const SearchJob& job, Prepared& prepared, int64_t pairs) {
  const SearchWay way = ChooseWay(job, prepared, pairs);
  if (!way.scan) return way.compare ? SearchTreeOrScan(job, prepared) : SearchTree(job, prepared);
  SearchStatistics statistics = ScanAll(job, prepared.scans());
  statistics.reason = way.reason;
  return statistics;
}

// Searches by residual correlation, and counts the queries without informative neighbors.
SearchStatistics SearchByCorrelation(const SearchJob& given, Prepared& prepared, int64_t pairs) {
  InformativeSink informative(given.model, given.results);
  ResultSink& results = given.settings.counts_informative ? informative : given.results;
  SearchSettings settings = given.settings;
  settings.threads = UsableThreads(given.model.callback(), settings.threads);
  const SearchJob job{given.model, given.queries, settings, results, given.monitor, given.start};
  SearchStatistics statistics = SearchByChoice(job, prepared, pairs);
  statistics.uninformative_queries = informative.uninformative();
  MeasureNearest(job, statistics);
  return statistics;
}

}  // namespace

SearchStatistics Search(const SearchJob& job, Prepared& prepared) {
  int64_t pairs = 0;
  for (int64_t i = 0; i < job.queries.size(); ++i) pairs += job.queries.Pairs(i);
  // Progress does not count what a search prepares: that happens once, and is short.
  job.monitor.Start(std::max<int64_t>(pairs, 1));
  SearchStatistics statistics = job.settings.ranking == Ranking::kScaledDistance
                                    ? SearchScaledSpace(job, prepared.space_trees(), pairs)
                                    : SearchByCorrelation(job, prepared, pairs);
  statistics.pairs = pairs;
  statistics.coarse_queries = job.queries.coarse();
  return statistics;
}

}  // namespace residual_knn
