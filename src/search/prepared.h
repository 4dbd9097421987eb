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
  // Multiplications that automatic searches have asked for so far.
  std::atomic<int64_t> scanned{0};
};

}  // namespace residual_knn
