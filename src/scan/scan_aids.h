// What a scan knows about the rows before it starts: which rows lie around a query, and which are neighbors of no
// query.
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
  std::span<const int64_t> surplus_repeats = {};

  // Returns 1 / sqrt(p) of all rows, with NaN for surplus repeats, so that every screen dismisses them. If there are no
  // surplus repeats, the result is `inverse_deviations` itself, otherwise a copy of its `count` values in `memory`.
  template <class Value>
  const Value* Masked(const Value* inverse_deviations, int64_t count,
                      std::vector<Value>& memory) const {
    RESIDUAL_KNN_ASSERT(std::is_sorted(surplus_repeats.begin(), surplus_repeats.end()));
    if (surplus_repeats.empty()) return inverse_deviations;
    memory.assign(inverse_deviations, inverse_deviations + count);
    for (const int64_t row : surplus_repeats) {
      memory[static_cast<size_t>(row)] = std::numeric_limits<Value>::quiet_NaN();
    }
    return memory.data();
  }
};

}  // namespace residual_knn
