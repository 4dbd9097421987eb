// A set of rows at different locations.
#pragma once

#include <algorithm>
#include <boost/container_hash/hash.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/dense_matrix_view.h"
#include "model/scaled_points.h"
#include "parallel/monitor.h"

namespace residual_knn {

// Rows at pairwise different locations, in a hash table with open addressing. Such a table is filled and freed
// without a long pause, so that a call can be cancelled soon.
class LocationSet {
 public:
  // Holds at most `max_size` rows. Locations are those of `originals`, the points as the caller gave them, because
  // scaling may round two locations to one. If `originals` is empty, they are those of the scaled points.
  LocationSet(const ScaledPoints& points, const DenseMatrixView& originals, int64_t max_size,
              Monitor& monitor)
      : points_(points), originals_(originals) {
    int64_t slots = 16;
    while (slots < 2 * max_size) slots *= 2;
    mask_ = static_cast<size_t>(slots - 1);
    slots_ = std::make_unique_for_overwrite<int64_t[]>(static_cast<size_t>(slots));
    for (int64_t begin = 0; begin < slots; begin += kSlotsBetweenLooks) {
      monitor.Look();
      std::fill_n(&slots_[begin], std::min(kSlotsBetweenLooks, slots - begin), kEmpty);
    }
  }

  [[nodiscard]] int64_t size() const { return size_; }

  // Inserts a row, unless a row at the same location is in the set; then returns false.
  bool Insert(int64_t row) {
    size_t slot = Hash(row) & mask_;
    while (slots_[slot] != kEmpty) {
      if (SameLocation(slots_[slot], row)) return false;
      slot = (slot + 1) & mask_;
    }
    slots_[slot] = row;
    ++size_;
    return true;
  }

 private:
  static constexpr int64_t kEmpty = -1;
  static constexpr int64_t kSlotsBetweenLooks = int64_t{1} << 20;

  [[nodiscard]] double At(int64_t row, int64_t c) const {
    return originals_.rows > 0 ? originals_(row, c) : points_(row, c);
  }

  [[nodiscard]] size_t Hash(int64_t row) const {
    size_t hash = 0;
    // 0 and -0 have the same hash.
    for (int64_t c = 0; c < points_.dimensions(); ++c) boost::hash_combine(hash, At(row, c));
    return hash;
  }

  [[nodiscard]] bool SameLocation(int64_t a, int64_t b) const {
    for (int64_t c = 0; c < points_.dimensions(); ++c) {
      if (At(a, c) != At(b, c)) return false;
    }
    return true;
  }

  const ScaledPoints& points_;
  DenseMatrixView originals_;
  std::unique_ptr<int64_t[]> slots_;
  size_t mask_ = 0;
  int64_t size_ = 0;
};

}  // namespace residual_knn
