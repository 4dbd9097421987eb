// What a scan knows of the rows beforehand: which lie around a query, and which cannot be anybody's neighbors.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "base/assert.h"
#include "scan/neighborhoods.h"

namespace residual_knn {

struct ScanAids {
  const Neighborhoods* neighborhoods = nullptr;  // may be null
  // Rows that cannot be among the k nearest of any query, ascending.
  std::span<const int64_t> hopeless = {};

  // The scales of all rows, NaN for those without hope: no screen lets these pass. `scales` itself if there are none,
  // otherwise a copy of its `count` values in `memory`.
  template <class Value>
  const Value* Masked(const Value* scales, int64_t count, std::vector<Value>& memory) const {
    RESIDUAL_KNN_ASSERT(std::is_sorted(hopeless.begin(), hopeless.end()));
    if (hopeless.empty()) return scales;
    memory.assign(scales, scales + count);
    for (const int64_t row : hopeless) {
      memory[static_cast<size_t>(row)] = std::numeric_limits<Value>::quiet_NaN();
    }
    return memory.data();
  }
};

}  // namespace residual_knn
