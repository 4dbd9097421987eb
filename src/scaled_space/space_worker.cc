#include "scaled_space/space_worker.h"

#include <algorithm>

namespace residual_knn {
namespace {

// Doubles of the points that a scan compares with one query after the other, so that they stay in the cache.
constexpr int64_t kScanDoubles = 4096;
constexpr int64_t kLeastScanPoints = 64;

}  // namespace

void SpaceWorker::Load(std::span<const int64_t> queries) {
  job_.queries.LoadPlaces(queries, block_);
  lists_.resize(std::max(lists_.size(), queries.size()));
}

void SpaceWorker::SearchTree(const SpaceTree& tree, std::span<const int64_t> queries) {
  Load(queries);
  for (int64_t q = 0; q < block_.count; ++q) {
    SearchOne(tree, Loaded(q), lists_[0]);
    Write(q, lists_[0]);
  }
}

void SpaceWorker::SearchOne(const SpaceTree& tree, const Query& query, NearestList& list) {
  list.Reset(job_.settings.k);
  open_.assign(1, {{0, 0}, 0});
  while (!open_.empty() && open_.front().least < list.worst()) {
    const int64_t node = open_.front().node;
    std::pop_heap(open_.begin(), open_.end(), OpenNode::IsLater);
    open_.pop_back();
    if (node < tree.num_inner()) {
      OpenChildren(tree, node, query, list);
      continue;
    }
    const int64_t leaf = node - tree.num_inner();
    const std::span<const int64_t> rows = tree.Rows(leaf);
    const auto count = std::lower_bound(rows.begin(), rows.end(), query.limit) - rows.begin();
    Append(
        tree.Points(leaf, count), query, [rows](int64_t j) { return rows[j]; }, list);
  }
}

void SpaceWorker::OpenChildren(const SpaceTree& tree, int64_t node, const Query& query,
                               const NearestList& list) {
  std::array<double, kBoxesAtOnce> bounds{};
  BoundBoxes(tree.Boxes(node), job_.model.d(), query.point, bounds.data());
  const std::span<const int64_t> smallest = tree.SmallestRows(node);
  counts_.blocks_bounded += std::ssize(smallest);
  pace_.Spend(kBoxesAtOnce * job_.model.d());
  for (int64_t child = 0; child < std::ssize(smallest); ++child) {
    const Neighbor least{bounds[child], smallest[child]};
    if (least.row >= query.limit || !(least < list.worst())) {
      ++counts_.blocks_dismissed;
      continue;
    }
    open_.push_back({least, tree.FirstChild(node) + child});
    std::push_heap(open_.begin(), open_.end(), OpenNode::IsLater);
  }
}

template <class RowOf>
void SpaceWorker::Append(const PointRange& points, const Query& query, const RowOf& row_of,
                         NearestList& list) {
  const auto room = static_cast<size_t>(points.count + kSelectSlack);
  if (squares_.size() < room) {
    squares_.resize(room);
    numbers_.resize(room);
  }
  const size_t found =
      SelectWithin(points, query.point, list.worst().distance, squares_.data(), numbers_.data());
  for (size_t i = 0; i < found; ++i) {
    const int64_t row = row_of(numbers_[i]);
    if (row != query.self) list.Append(squares_[i], row);
  }
  list.Prune();
  counts_.pairs_scored += points.count;
  pace_.Spend(points.count * points.dimensions);
}

void SpaceWorker::Scan(std::span<const int64_t> queries) {
  Load(queries);
  const ScaledPoints& points = job_.model.points();
  const int64_t width = std::max(kScanDoubles / points.dimensions(), kLeastScanPoints);
  for (int64_t q = 0; q < block_.count; ++q) lists_[q].Reset(job_.settings.k);
  for (int64_t begin = 0; begin < block_.largest_limit; begin += width) {
    for (int64_t q = 0; q < block_.count; ++q) {
      const int64_t count = std::min(begin + width, block_.limit[q]) - begin;
      if (count <= 0) continue;
      Append(
          {points.coordinate(0) + begin, points.stride(), points.dimensions(), count}, Loaded(q),
          [begin](int64_t j) { return begin + j; }, lists_[q]);
    }
  }
  for (int64_t q = 0; q < block_.count; ++q) Write(q, lists_[q]);
}

void SpaceWorker::Write(int64_t q, NearestList& list) {
  job_.results.Write(block_, q, list.Finish());
  const int64_t candidates = block_.limit[q];
  monitor_.Advance(candidates - (block_.self[q] >= 0 && block_.self[q] < candidates ? 1 : 0));
}

}  // namespace residual_knn
