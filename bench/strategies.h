// The search strategies with the names of the library.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace residual_knn::bench {

struct Strategy {
  std::string_view name;
  // enum residual_knn_strategy
  int32_t value;
  // Empty for a new strategy that strategies.cc does not describe yet.
  std::string_view summary;
};

// All strategies of the library, in its order.
std::span<const Strategy> Strategies();

// The strategy with this name, or NULL.
const Strategy* FindStrategy(std::string_view name);

// The name of a value of enum residual_knn_strategy; "unknown" if the library has no name for it.
std::string_view StrategyName(int32_t value);

}  // namespace residual_knn::bench
