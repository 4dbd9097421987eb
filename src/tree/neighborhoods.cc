#include "tree/neighborhoods.h"

#include <numeric>

namespace residual_knn {
namespace {

std::vector<int64_t> AllRows(int64_t n) {
  std::vector<int64_t> rows(static_cast<size_t>(n));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

}  // namespace

Neighborhoods::Neighborhoods(const ResidualModel& model, int threads, Monitor& monitor)
    : order_(model.points(), AllRows(model.n()), kRowsAround, threads, monitor),
      leaf_of_(static_cast<size_t>(model.n())) {
  for (int64_t leaf = 0; leaf < int64_t{1} << order_.depth(); ++leaf) {
    for (int64_t at = order_.Begin(order_.depth(), leaf);
         at < order_.Begin(order_.depth(), leaf + 1); ++at) {
      leaf_of_[order_.rows()[at]] = static_cast<int32_t>(leaf);
    }
  }
}

Neighborhoods::Region Neighborhoods::Around(int64_t self, const double* point,
                                            int64_t limit) const {
  const int64_t leaf = LeafOf(self, point);
  int up = 0;
  // Rows below the limit are spread like all rows, or the region holds more or fewer.
  while (up < order_.depth() &&
         static_cast<double>(limit) * static_cast<double>(int64_t{1} << up) <
             static_cast<double>(kRowsAround) * static_cast<double>(int64_t{1} << order_.depth())) {
    ++up;
  }
  return {leaf >> up << up, (leaf >> up << up) + (int64_t{1} << up) - 1};
}

void Neighborhoods::CopyRows(const Region& region, int64_t limit,
                             std::vector<int32_t>& rows) const {
  rows.clear();
  for (int64_t leaf = region.first_leaf; leaf <= region.last_leaf; ++leaf) {
    const int64_t end = order_.Begin(order_.depth(), leaf + 1);
    for (int64_t at = order_.Begin(order_.depth(), leaf); at < end; ++at) {
      const int64_t row = order_.rows()[at];
      if (row >= limit) break;  // rows of a leaf ascend
      rows.push_back(static_cast<int32_t>(row));
    }
  }
}

int64_t Neighborhoods::bytes() const {
  return order_.bytes() + static_cast<int64_t>(leaf_of_.size() * sizeof(int32_t));
}

}  // namespace residual_knn
