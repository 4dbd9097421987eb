// The memory that trees, and as much that scans in integers, may add to an index.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "model/residual_model.h"

namespace residual_knn {

// Bytes of a point that any search adds: its neighborhood, and a note if it repeats another.
inline constexpr int64_t kSmallPreparations = 32;

// V is stored within a limit if as many times its bytes remain: trees of a stored V are estimated to take one to two and a
// half times its bytes, and have a half of what remains. With less, V is computed: this costs little, but a search without
// trees may take many times as long.
inline constexpr double kTimesVForPreparations = 4;

// Bytes; `max_bytes` is the limit of the index with all that is prepared for it, 0 without a limit.
inline double PreparationRoom(const ResidualModel& model, int64_t max_bytes) {
  if (max_bytes == 0) return std::numeric_limits<double>::infinity();
  const int64_t left = max_bytes - model.bytes() - model.n() * kSmallPreparations;
  return static_cast<double>(std::max<int64_t>(left, 0)) / 2;
}

}  // namespace residual_knn
