#include "points/space_order.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "parallel/parallel_for.h"
#include "storage/index_reader.h"
#include "storage/index_writer.h"

namespace residual_knn {
namespace {

// The range of the middle three quarters of a sample of `rows`: a few far rows do not decide it.
double MiddleRange(const double* x, std::span<const int64_t> rows, Pace& pace) {
  constexpr size_t kMostLooks = 64;
  std::array<double, kMostLooks> values{};
  const size_t count = std::min(rows.size(), kMostLooks);
  pace.Spend(static_cast<int64_t>(8 * count));
  for (size_t i = 0; i < count; ++i) values[i] = x[rows[i * rows.size() / count]];
  std::sort(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count));
  return values[count - 1 - count / 8] - values[count / 8];
}

double WholeRange(const double* x, std::span<const int64_t> rows, Pace& pace) {
  double low = x[rows[0]];
  double high = low;
  for (const int64_t row : rows) {
    low = std::min(low, x[row]);
    high = std::max(high, x[row]);
    pace.Spend(1);
  }
  return high - low;
}

// If the middle range is 0 in all coordinates, the whole range decides.
int64_t WidestCoordinate(const ScaledPoints& points, std::span<const int64_t> rows, Pace& pace) {
  for (const auto range : {MiddleRange, WholeRange}) {
    double widest = 0;
    int64_t coordinate = 0;
    for (int64_t c = 0; c < points.dimensions(); ++c) {
      const double width = range(points.coordinate(c), rows, pace);
      if (width > widest) {
        widest = width;
        coordinate = c;
      }
    }
    if (widest > 0) return coordinate;
  }
  return 0;
}

}  // namespace

SpaceOrder::SpaceOrder(const ScaledPoints& points, std::vector<int64_t> rows, int64_t leaf_size,
                       int threads, Monitor& monitor)
    : rows_(std::move(rows)) {
  ChooseDepth(leaf_size);
  splits_.resize(starts_.size());
  for (int t = 0; t < depth_; ++t) {
    ParallelFor(threads, int64_t{1} << t, monitor, [&](int64_t i, int worker) {
      Pace pace({monitor, worker});
      SplitNode(points, t, i, pace);
    });
  }
  SortLeaves(monitor);
}

SpaceOrder::SpaceOrder(std::vector<int64_t> rows, int64_t leaf_size, Monitor& monitor)
    : rows_(std::move(rows)) {
  ChooseDepth(leaf_size);
  for (int t = 0; t < depth_; ++t) {
    for (int64_t i = 0; i < int64_t{1} << t; ++i) SplitEvenly(t, i);
  }
  SortLeaves(monitor);
}

void SpaceOrder::ChooseDepth(int64_t leaf_size) {
  while ((size() + (int64_t{1} << depth_) - 1) >> depth_ > leaf_size) ++depth_;
  const int64_t leaves = int64_t{1} << depth_;
  starts_.assign(static_cast<size_t>(leaves) + 1, 0);
  starts_[static_cast<size_t>(leaves)] = size();
}

int64_t SpaceOrder::SplitEvenly(int t, int64_t i) {
  const int64_t width = int64_t{1} << (depth_ - t);
  const int64_t begin = starts_[i * width];
  const int64_t middle = begin + (starts_[(i + 1) * width] - begin + 1) / 2;
  starts_[i * width + width / 2] = middle;
  return middle;
}

void SpaceOrder::SplitNode(const ScaledPoints& points, int t, int64_t i, Pace& pace) {
  const int64_t begin = Begin(t, i);
  const int64_t end = Begin(t, i + 1);
  const int64_t middle = SplitEvenly(t, i);
  if (middle >= end) return;
  Split& split = splits_[(int64_t{1} << t) + i];
  split.coordinate = WidestCoordinate(
      points, rows().subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)), pace);
  const double* x = points.coordinate(split.coordinate);
  // Ties are broken by row, so that the order does not depend on the algorithm of nth_element, and equal points split
  // evenly.
  std::nth_element(rows_.own() + begin, rows_.own() + middle, rows_.own() + end,
                   [x, &pace](int64_t a, int64_t b) {
                     pace.Spend(1);
                     return x[a] != x[b] ? x[a] < x[b] : a < b;
                   });
  split.value = x[rows_[middle]];
}

void SpaceOrder::SortLeaves(Monitor& monitor) {
  Pace pace(monitor);
  for (size_t leaf = 0; leaf + 1 < starts_.size(); ++leaf) {
    std::sort(rows_.own() + starts_[leaf], rows_.own() + starts_[leaf + 1]);
    pace.Spend(8 * (starts_[leaf + 1] - starts_[leaf]));
  }
}

int64_t SpaceOrder::LeafOf(const double* point) const {
  if (splits_.empty()) return 0;
  int64_t node = 1;
  for (int t = 0; t < depth_; ++t) {
    const Split& split = splits_[node];
    node = 2 * node + (point[split.coordinate] < split.value ? 0 : 1);
  }
  return node - (int64_t{1} << depth_);
}

void SpaceOrder::Rescale(std::span<const double> ratios) {
  for (Split& split : splits_) split.value *= ratios[split.coordinate];
}

int64_t SpaceOrder::LeafAt(int64_t position) const {
  return std::upper_bound(starts_.begin(), starts_.end(), position) - starts_.begin() - 1;
}

int64_t SpaceOrder::bytes() const {
  return static_cast<int64_t>((rows_.size() + starts_.size()) * sizeof(int64_t) +
                              splits_.size() * sizeof(Split));
}

template <class Self, class Archive>
void SpaceOrder::NameMembers(Self& self, const Archive& archive) {
  archive.Numbers("rows", self.rows_, Archive::kAnyCount);
  archive.Numbers("splits", self.splits_, Archive::kAnyCount);
}

void SpaceOrder::Save(const IndexWriter& writer) const {
  writer.Values("depth", static_cast<int64_t>(depth_));
  NameMembers(*this, writer);
}

void SpaceOrder::Load(const IndexReader& reader, int64_t n, int64_t leaf_size, int64_t d) {
  int64_t depth = 0;
  reader.Values("depth", depth);
  NameMembers(*this, reader);
  reader.RequireRows(rows(), n, false, "a row number");
  ChooseDepth(leaf_size);
  reader.Require(depth == depth_ && splits_.size() == starts_.size(), "a size");
  for (const Split& split : splits_) {
    reader.Require(split.coordinate >= 0 && split.coordinate < d, "a coordinate");
  }
  for (int t = 0; t < depth_; ++t) {
    for (int64_t i = 0; i < int64_t{1} << t; ++i) SplitEvenly(t, i);
  }
  for (size_t leaf = 0; leaf + 1 < starts_.size(); ++leaf) {
    const auto leaf_rows = rows().subspan(static_cast<size_t>(starts_[leaf]),
                                          static_cast<size_t>(starts_[leaf + 1] - starts_[leaf]));
    reader.Require(std::is_sorted(leaf_rows.begin(), leaf_rows.end()), "the order of rows");
  }
}

}  // namespace residual_knn
