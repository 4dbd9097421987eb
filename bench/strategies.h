// The search strategies by the library's names.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace residual_knn::bench {

struct Strategy {
  std::string_view name;
  // enum residual_knn_strategy
  int32_t value;
  // Empty for one that the library gained and strategies.cc does not describe.
  std::string_view summary;
};

// All that the library has, in its order.
std::span<const Strategy> Strategies();

// The strategy of that name, or NULL.
const Strategy* FindStrategy(std::string_view name);

// The name of an enum residual_knn_strategy; "unknown" for one that the library does not name.
std::string_view StrategyName(int32_t value);

}  // namespace residual_knn::bench
