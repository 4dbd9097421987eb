#include "strategies.h"

#include <residual_knn.h>

#include <algorithm>
#include <vector>

namespace residual_knn::bench {
namespace {

std::string_view SummaryOf(int32_t strategy) {
  switch (strategy) {
    case RESIDUAL_KNN_AUTOMATIC:
      return "the library chooses";
    case RESIDUAL_KNN_BRUTE_FORCE:
      return "every pair by tiled matrix products";
    case RESIDUAL_KNN_LEVEL_SYNCHRONOUS:
      return "a batch of queries descends the tree level by level";
    case RESIDUAL_KNN_BEST_FIRST:
      return "each query visits the node with the largest bound first";
    case RESIDUAL_KNN_BATCHED_BEST_FIRST:
      return "best_first with several nodes at a time";
    case RESIDUAL_KNN_DUAL_TREE:
      return "compares blocks of queries with blocks of candidates first";
    default:
      return "";
  }
}

}  // namespace

std::span<const Strategy> Strategies() {
  static const std::vector<Strategy> strategies = [] {
    std::vector<Strategy> named;
    for (int32_t value = 0; residual_knn_strategy_name(value) != nullptr; ++value) {
      named.push_back({residual_knn_strategy_name(value), value, SummaryOf(value)});
    }
    return named;
  }();
  return strategies;
}

const Strategy* FindStrategy(std::string_view name) {
  const std::span<const Strategy> all = Strategies();
  const auto strategy =
      std::find_if(all.begin(), all.end(), [name](const Strategy& s) { return s.name == name; });
  return strategy == all.end() ? nullptr : &*strategy;
}

std::string_view StrategyName(int32_t value) {
  const char* const name = residual_knn_strategy_name(value);
  return name == nullptr ? "unknown" : name;
}

}  // namespace residual_knn::bench
