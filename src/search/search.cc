#include "search/search.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "base/error.h"
#include "search/automatic.h"
#include "search/brute_force.h"
#include "search/informative_neighbors.h"
#include "search/nearest_point.h"
#include "search/tree_search.h"

namespace residual_knn {

SearchStatistics Search(const ResidualModel& model, Prepared& prepared, const QuerySet& queries,
                        const SearchSettings& given, ResultSink& sink, Monitor& monitor) {
  InformativeSink results(model, sink);
  SearchSettings settings = given;
  settings.threads = UsableThreads(model, given.threads);
  int64_t pairs = 0;
  for (int64_t i = 0; i < queries.size(); ++i) pairs += queries.Pairs(i);
  // What is prepared on the way is not counted: it is done once, and short.
  monitor.Start(std::max<int64_t>(pairs, 1));
  int32_t reason = RESIDUAL_KNN_REASON_REQUESTED;
  bool scan = settings.strategy == RESIDUAL_KNN_BRUTE_FORCE;
  const bool compare = settings.strategy == RESIDUAL_KNN_AUTOMATIC;
  if (compare) {
    reason = ReasonToScan(model, prepared, pairs, settings, monitor);
    scan = reason != RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE;
    settings.strategy = RESIDUAL_KNN_DUAL_TREE;
  } else if (!scan && !model.deficit().known) {
    reason = ReasonNotToPrune(model);
    scan = true;
  }
  if (!scan && MostRowsRepeat(model, prepared, settings.k, monitor)) {
    reason = RESIDUAL_KNN_REASON_REPEATED_POINTS;
    scan = true;
  }
  SearchStatistics statistics;
  if (scan) {
    std::vector<int64_t> all(static_cast<size_t>(queries.size()));
    std::iota(all.begin(), all.end(), int64_t{0});
    statistics = SearchBruteForce(model, prepared, queries, all, settings, results, monitor);
    statistics.reason = reason;
  } else {
    statistics = SearchTree(model, prepared, queries, settings, compare, results, monitor);
  }
  statistics.pairs = pairs;
  statistics.uninformative_queries = results.uninformative();
  statistics.coarse_queries = queries.coarse();
  if (AreMany(statistics.uninformative_queries, queries.size()) && !monitor.Stopped()) {
    statistics.nearest_lengthscales = MedianNearestDistance(model, queries, monitor);
  }
  return statistics;
}

}  // namespace residual_knn
