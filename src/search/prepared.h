// What searches prepare for an index when they first need it, and keep.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "model/residual_model.h"
#include "scan/scan_store.h"
#include "tree/tree_store.h"

namespace residual_knn {

// Any number of searches may use it at once.
class Prepared {
 public:
  explicit Prepared(const ResidualModel& model) : trees_(model), scans_(model) {}

  // What is kept of the preparations for the same points with other lengthscales (one, or one for each
  // coordinate): their orders of space, if that has not changed its shape.
  void AdoptOrders(Prepared& other, std::span<const double> old_lengthscales,
                   std::span<const double> new_lengthscales, int64_t d);

  [[nodiscard]] TreeStore& trees() { return trees_; }
  [[nodiscard]] ScanStore& scans() { return scans_; }

  // Adds the multiplications that an automatic search asks for; returns the sum of those before.
  double AskedBefore(double multiplications) {
    return asked_.fetch_add(multiplications, std::memory_order_relaxed);
  }

  // Seconds that brute force took for a pair on one thread when k was this, 0 until that was timed.
  [[nodiscard]] double ScanSeconds(int64_t k) const;
  void SetScanSeconds(int64_t k, double seconds);

  [[nodiscard]] int64_t bytes() { return trees_.bytes() + scans_.bytes(); }

 private:
  // One word, and so without a lock.
  struct ScanTime {
    int32_t k;
    float seconds;
  };

  TreeStore trees_;
  ScanStore scans_;
  std::atomic<double> asked_{0};
  std::atomic<ScanTime> scan_time_{ScanTime{0, 0}};
  static_assert(std::atomic<ScanTime>::is_always_lock_free);
};

}  // namespace residual_knn
