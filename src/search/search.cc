#include "search/search.h"

#include <numeric>
#include <string>
#include <vector>

#include "base/error.h"
#include "search/brute_force.h"
#include "search/tree_search.h"

namespace residual_knn {

void RequireStrategy(int32_t strategy) {
  if (strategy < RESIDUAL_KNN_AUTOMATIC || strategy > RESIDUAL_KNN_DUAL_TREE) {
    ThrowInvalid("strategy is " + std::to_string(strategy) +
                 ", not one of enum residual_knn_strategy");
  }
}

SearchStatistics Search(const ResidualModel& model, TreeStore& trees, const QuerySet& queries,
                        const SearchSettings& settings, ResultSink& results, Monitor& monitor) {
  if (settings.strategy > RESIDUAL_KNN_BRUTE_FORCE && model.deficit().known) {
    return SearchTree(model, trees, queries, settings, results, monitor);
  }
  std::vector<int64_t> all(static_cast<size_t>(queries.size()));
  std::iota(all.begin(), all.end(), int64_t{0});
  int64_t pairs = 0;
  for (const int64_t query : all) pairs += queries.Pairs(query);
  monitor.Start(pairs);
  return SearchBruteForce(model, queries, all, settings, results, monitor);
}

}  // namespace residual_knn
