// The search strategies by name. A strategy that the library gains is one more line in
// strategies.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace residual_knn::bench {

struct Strategy {
  std::string_view name;
  // enum residual_knn_strategy
  int32_t value;
  std::string_view summary;
};

std::span<const Strategy> Strategies();

// The strategy of that name, or NULL.
const Strategy* FindStrategy(std::string_view name);

// The name of an enum residual_knn_strategy; "unknown" for one that is not in the table.
std::string_view StrategyName(int32_t value);

}  // namespace residual_knn::bench
