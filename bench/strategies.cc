#include "strategies.h"

#include <residual_knn.h>

#include <algorithm>
#include <array>

namespace residual_knn::bench {
namespace {

constexpr auto kStrategies = std::to_array<Strategy>({
    {"automatic", RESIDUAL_KNN_AUTOMATIC, "the library chooses"},
    {"brute_force", RESIDUAL_KNN_BRUTE_FORCE, "every pair by tiled matrix products"},
});

}  // namespace

std::span<const Strategy> Strategies() { return kStrategies; }

const Strategy* FindStrategy(std::string_view name) {
  const auto strategy = std::find_if(kStrategies.begin(), kStrategies.end(),
                                     [name](const Strategy& s) { return s.name == name; });
  return strategy == kStrategies.end() ? nullptr : &*strategy;
}

std::string_view StrategyName(int32_t value) {
  const auto strategy = std::find_if(kStrategies.begin(), kStrategies.end(),
                                     [value](const Strategy& s) { return s.value == value; });
  return strategy == kStrategies.end() ? "unknown" : strategy->name;
}

}  // namespace residual_knn::bench
