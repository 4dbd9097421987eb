#include "scan/neighborhoods.h"

#include <algorithm>
#include <numeric>

#include "storage/index_reader.h"
#include "storage/index_writer.h"

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
      leaf_of_.own()[order_.rows()[at]] = static_cast<int32_t>(leaf);
    }
  }
}

Neighborhoods::Region Neighborhoods::Around(int64_t self, const double* point, int64_t limit,
                                            int64_t wanted, std::vector<int32_t>& rows) const {
  const int64_t leaf = LeafOf(self, point);
  Region region{leaf, leaf};
  CopyRows(region, limit, rows);
  for (int up = 1; up <= order_.depth(); ++up) {
    if (static_cast<int64_t>(rows.size()) >= std::min(wanted, limit)) break;
    const int64_t first = leaf >> up << up;
    region = {first, first + (int64_t{1} << up) - 1};
    CopyRows(region, limit, rows);
  }
  return region;
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

template <class Self, class Archive>
void Neighborhoods::NameMembers(Self& self, const Archive& archive) {
  archive.Numbers("leaf_of", self.leaf_of_, self.order_.size());
}

void Neighborhoods::Save(const IndexWriter& writer) const {
  order_.Save(writer.In("order"));
  NameMembers(*this, writer);
}

Neighborhoods::Neighborhoods(const IndexReader& reader, const ResidualModel& model) {
  order_.Load(reader.In("order"), model.n(), kRowsAround, model.d());
  reader.Require(order_.size() == model.n(), "a size");
  NameMembers(*this, reader);
  for (const int32_t leaf : leaf_of_) {
    reader.Require(leaf >= 0 && leaf < int64_t{1} << order_.depth(), "the leaf of a row");
  }
}

}  // namespace residual_knn
