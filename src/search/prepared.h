// What searches prepare for an index when they first need it, and keep.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "model/quantized_factor.h"
#include "model/repeated_points.h"
#include "parallel/lazy.h"
#include "tree/neighborhoods.h"
#include "tree/tree_store.h"

namespace residual_knn {

class Prepared {
 public:
  explicit Prepared(const ResidualModel& model) : trees(model) {}

  // What is kept of the preparations for the same points with other lengthscales (one, or one for each
  // coordinate): their orders of space, if that has not changed its shape.
  void AdoptOrders(Prepared& other, std::span<const double> old_lengthscales,
                   std::span<const double> new_lengthscales, int64_t d);

  [[nodiscard]] Lazy<QuantizedFactor>& Factor(ElementBits bits) {
    return bits == ElementBits::k8 ? factor8_ : factor16_;
  }

  // Seconds that brute force took for a pair on one thread when k was this, 0 until that was timed.
  [[nodiscard]] double ScanSeconds(int64_t k) const;
  void SetScanSeconds(int64_t k, double seconds);

  [[nodiscard]] int64_t bytes();

  TreeStore trees;
  // What the scans of brute force need.
  Lazy<QuantizedFit> fit;
  Lazy<Neighborhoods> neighborhoods;
  Lazy<RepeatedPoints> repeated;
  // Multiplications that automatic searches have asked for so far.
  std::atomic<double> asked{0};

 private:
  Lazy<QuantizedFactor> factor8_;
  Lazy<QuantizedFactor> factor16_;
  // One word, and so without a lock.
  struct ScanTime {
    int32_t k;
    float seconds;
  };
  std::atomic<ScanTime> scan_time_{ScanTime{0, 0}};
  static_assert(std::atomic<ScanTime>::is_always_lock_free);
};

}  // namespace residual_knn
