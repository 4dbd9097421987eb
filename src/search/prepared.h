// What searches prepare for an index when they first need it, and keep.
#pragma once

#include <atomic>
#include <cstdint>

#include "model/quantized_factor.h"
#include "parallel/lazy.h"
#include "tree/neighborhoods.h"
#include "tree/tree_store.h"

namespace residual_knn {

struct Prepared {
  explicit Prepared(const ResidualModel& model) : trees(model) {}

  [[nodiscard]] int64_t bytes() {
    int64_t sum = trees.bytes();
    for (Lazy<QuantizedFactor>* each : {&words8, &words16}) {
      if (const QuantizedFactor* made = each->IfMade()) sum += made->bytes();
    }
    if (const Neighborhoods* made = neighborhoods.IfMade()) sum += made->bytes();
    return sum;
  }

  TreeStore trees;
  // What the scans of brute force need.
  Lazy<QuantizedFit> fit;
  Lazy<QuantizedFactor> words8;
  Lazy<QuantizedFactor> words16;
  Lazy<Neighborhoods> neighborhoods;
  // Seconds that brute force took for a pair on one thread, 0 until a sample was timed.
  std::atomic<double> scan_seconds{0};
  // Multiplications that automatic searches have asked for so far.
  std::atomic<int64_t> scanned{0};
};

}  // namespace residual_knn
