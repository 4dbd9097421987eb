// Data that searches make for an index when they first need them, and keep.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "model/residual_model.h"
#include "scaled_space/space_tree_store.h"
#include "scan/scan_store.h"
#include "tree/tree_store.h"

namespace residual_knn {

class IndexReader;
class IndexWriter;

// Any number of searches may use one object at the same time.
class Prepared {
 public:
  // `max_bytes`: a limit on the memory of the model and of what is prepared for it, k-d trees left out; 0: none.
  explicit Prepared(const ResidualModel& model, int64_t max_bytes = 0)
      : trees_(model, max_bytes), scans_(model, max_bytes), space_trees_(model) {}

  // Takes over the orders in space that were made for the same points with other lengthscales (one, or one for each
  // coordinate), unless the proportions of the lengthscales have changed much.
  void AdoptOrders(Prepared& other, std::span<const double> old_lengthscales,
                   std::span<const double> new_lengthscales, int64_t d);

  // What has been made so far. Not the times, which belong to a machine.
  void Save(const IndexWriter& writer) const;
  // No other thread may use this object meanwhile.
  void Load(const IndexReader& reader);

  [[nodiscard]] TreeStore& trees() { return trees_; }
  [[nodiscard]] ScanStore& scans() { return scans_; }
  [[nodiscard]] SpaceTreeStore& space_trees() { return space_trees_; }

  // Adds the multiplications of an automatic search by brute force; returns the sum of those of earlier searches.
  double AskedBefore(double multiplications) {
    return asked_.fetch_add(multiplications, std::memory_order_relaxed);
  }

  // Seconds that brute force took for a pair on one thread; 0 unless the last timing was for this k, with start lists or
  // without.
  [[nodiscard]] double ScanSeconds(int64_t k, bool has_start) const;
  void SetScanSeconds(int64_t k, bool has_start, double seconds);

  [[nodiscard]] int64_t bytes() { return trees_.bytes() + scans_.bytes() + space_trees_.bytes(); }

 private:
  // Fits a word and is aligned as one, so that its atomic needs no lock. clang uses the alignment of this type.
  struct alignas(8) ScanTime {
    int32_t k;  // -k for a scan with start lists
    float seconds;
  };

  TreeStore trees_;
  ScanStore scans_;
  SpaceTreeStore space_trees_;
  std::atomic<double> asked_{0};
  std::atomic<ScanTime> scan_time_{ScanTime{0, 0}};
  static_assert(std::atomic<ScanTime>::is_always_lock_free);
};

}  // namespace residual_knn
