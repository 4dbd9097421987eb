// What searches prepare for an index when they first need it, and keep.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>

#include "model/quantized_factor.h"
#include "parallel/lazy.h"
#include "tree/neighborhoods.h"
#include "tree/tree_store.h"

namespace residual_knn {

struct Prepared {
  explicit Prepared(const ResidualModel& model) : trees(model) {}

  // What is kept of the preparations for the same points with other lengthscales (one, or one for each
  // coordinate): their orders of space, if that has not changed its shape.
  void AdoptOrders(Prepared& other, std::span<const double> old_lengthscales,
                   std::span<const double> new_lengthscales, int64_t d);

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
  // Seconds that brute force took for a pair on one thread when k was this, 0 until that was timed.
  [[nodiscard]] double ScanSeconds(int64_t k) {
    const std::scoped_lock lock(scan_mutex_);
    return k == scan_k_ ? scan_seconds_ : 0;
  }
  void SetScanSeconds(int64_t k, double seconds) {
    const std::scoped_lock lock(scan_mutex_);
    scan_k_ = k;
    scan_seconds_ = seconds;
  }

  // Multiplications that automatic searches have asked for so far.
  std::atomic<int64_t> scanned{0};

 private:
  std::mutex scan_mutex_;
  int64_t scan_k_ = 0;
  double scan_seconds_ = 0;
};

}  // namespace residual_knn
