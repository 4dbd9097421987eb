// What searches prepare for an index when they first need it, and keep.
#pragma once

#include <atomic>
#include <cstdint>

#include "model/quantized_factor.h"
#include "parallel/lazy.h"
#include "tree/tree_store.h"

namespace residual_knn {

struct Prepared {
  explicit Prepared(const ResidualModel& model) : trees(model) {}

  [[nodiscard]] int64_t bytes() {
    const QuantizedFactor* made = quantized.IfMade();
    return trees.bytes() + (made != nullptr ? made->bytes() : 0);
  }

  TreeStore trees;
  Lazy<QuantizedFactor> quantized;
  // Seconds that brute force took for a pair on one thread, 0 until a sample was timed.
  std::atomic<double> scan_seconds{0};
  // Multiplications that automatic searches have asked for so far.
  std::atomic<int64_t> scanned{0};
};

}  // namespace residual_knn
