// Rows that are near a query in space. A scan scores them first, to raise the query's threshold early.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/residual_model.h"
#include "points/space_order.h"
#include "storage/stored_array.h"

namespace residual_knn {

class IndexReader;
class IndexWriter;

class Neighborhoods {
 public:
  static constexpr int64_t kRowsAround = 256;

  Neighborhoods(const ResidualModel& model, int threads, Monitor& monitor);

  void Save(const IndexWriter& writer) const;
  Neighborhoods(const IndexReader& reader, const ResidualModel& model);

  // See SpaceOrder::Rescale.
  void Rescale(std::span<const double> ratios) { order_.Rescale(ratios); }

  // A node of the space order as a range of its leaves.
  struct Region {
    int64_t first_leaf = 0;
    int64_t last_leaf = -1;
  };

  // Finds the smallest region around row `self`, or around `point` if `self` is negative, that has at least `wanted`
  // rows below `limit`, or all of these. `rows` receives the rows of the region below `limit`.
  Region Around(int64_t self, const double* point, int64_t limit, int64_t wanted,
                std::vector<int32_t>& rows) const;

  // The leaf of row `self`, or of `point` if `self` is negative.
  [[nodiscard]] int64_t LeafOf(int64_t self, const double* point) const {
    return self >= 0 ? leaf_of_[self] : order_.LeafOf(point);
  }

  [[nodiscard]] bool Holds(const Region& region, int64_t row) const {
    return leaf_of_[row] >= region.first_leaf && leaf_of_[row] <= region.last_leaf;
  }

  // Copies the rows of a region that are below `limit`.
  void CopyRows(const Region& region, int64_t limit, std::vector<int32_t>& rows) const;

  [[nodiscard]] int64_t bytes() const;

 private:
  template <class Self, class Archive>
  static void NameMembers(Self& self, const Archive& archive);

  SpaceOrder order_;
  StoredArray<int32_t> leaf_of_;
};

}  // namespace residual_knn
