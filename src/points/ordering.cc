#include "points/ordering.h"

#include <algorithm>
#include <array>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "base/checked_size.h"
#include "parallel/pace.h"
#include "points/location_set.h"
#include "simd/nearest_center.h"

namespace residual_knn {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr int64_t kMostPointsAtOnce = 32;

// Number of points whose distances are computed between two looks at the monitor: fewer where a distance costs more.
int64_t PointsAtOnce(int64_t dimensions) {
  return std::clamp((int64_t{1} << 22) / dimensions, int64_t{8}, kMostPointsAtOnce);
}

// A point and its squared distance from the nearest chosen point.
struct Candidate {
  double sq;
  int64_t row;
};

Candidate Farther(Candidate a, Candidate b) {
  if (a.sq != b.sq) return a.sq > b.sq ? a : b;
  return a.row < b.row ? a : b;
}

template <typename T>
std::unique_ptr<T[]> Allocate(int64_t a, int64_t b) {
  return std::make_unique_for_overwrite<T[]>(
      static_cast<size_t>(CheckedSize(a, b, "order of points", sizeof(T))));
}

// A balanced k-d tree that keeps, for each node, its point that is farthest from the chosen points: the candidate of
// the node. After a choice, distances are lowered only in nodes whose box is nearer to the new point than the node's
// candidate is to the points chosen before. So only a small part of the tree is visited. The next choice is the
// candidate of the root.
//
// The tree is written here because no library's tree keeps such a maximum or can be cancelled while it is built. A
// heap beside a radius search would do the same with more work and memory.
class FarthestPointTree {
 public:
  FarthestPointTree(const ScaledPoints& points, Monitor& monitor)
      : points_(points),
        n_(points.size()),
        d_(points.dimensions()),
        stride_(n_ + ScaledPoints::kPadding),
        pace_(monitor) {
    while (((n_ - 1) >> levels_) >= PointsAtOnce(d_)) ++levels_;
    const int64_t num_nodes = int64_t{2} << levels_;
    rows_ = Allocate<int64_t>(n_, 1);
    coordinates_ = Allocate<double>(stride_, d_);
    min_sq_ = Allocate<double>(n_, 1);
    boxes_ = Allocate<double>(num_nodes, 2 * d_);
    farthest_ = Allocate<Candidate>(num_nodes, 1);
    farthest_place_ = Allocate<int64_t>(num_nodes / 2, 1);
    for (int64_t i = 0; i < n_; ++i) {
      pace_.Spend(1);
      rows_[i] = i;
      min_sq_[i] = kInfinity;
    }
    Build(1, 0);
  }

  // The next point of the order, unless its distance is 0.
  [[nodiscard]] Candidate farthest() const { return farthest_[1]; }

  // `location` holds the d coordinates of the chosen point.
  void Choose(const double* location) { Lower(1, 0, location); }

 private:
  // The tree is complete: node 1 is the root, nodes 2 i and 2 i + 1 are the children of node i, and the numbers of
  // points of the nodes of a level differ by at most one.
  [[nodiscard]] int64_t BeginOf(int64_t node, int level) const {
    const int64_t place = node - (int64_t{1} << level);
    const int64_t size = n_ >> level;
    const int64_t rest = n_ - (size << level);
    return place * size + ((place * rest) >> level);
  }

  double* BoxOf(int64_t node) { return &boxes_[node * 2 * d_]; }

  void Build(int64_t node, int level) {
    const int64_t begin = BeginOf(node, level);
    const int64_t end = BeginOf(node + 1, level);
    FitBox(node, begin, end);
    farthest_[node] = {kInfinity, -1};
    if (level == levels_) {
      FillLeaf(begin, end);
      farthest_place_[node - (int64_t{1} << levels_)] = begin;
      return;
    }
    // When the caller cancels, an exception ends nth_element, which allows that.
    const double* x = points_.coordinate(WidestSide(node));
    const int64_t middle = BeginOf(2 * node + 1, level + 1);
    int64_t* rows = rows_.get();
    std::nth_element(rows + begin, rows + middle, rows + end, [this, x](int64_t a, int64_t b) {
      pace_.Spend(1);
      return x[a] < x[b];
    });
    Build(2 * node, level + 1);
    Build(2 * node + 1, level + 1);
  }

  void FitBox(int64_t node, int64_t begin, int64_t end) {
    double* low = BoxOf(node);
    double* high = low + d_;
    std::fill_n(low, d_, kInfinity);
    std::fill_n(high, d_, -kInfinity);
    for (int64_t c = 0; c < d_; ++c) {
      const double* x = points_.coordinate(c);
      for (int64_t i = begin; i < end; ++i) {
        pace_.Spend(1);
        low[c] = std::min(low[c], x[rows_[i]]);
        high[c] = std::max(high[c], x[rows_[i]]);
      }
    }
  }

  int64_t WidestSide(int64_t node) {
    const double* low = BoxOf(node);
    const double* high = low + d_;
    int64_t widest = 0;
    for (int64_t c = 1; c < d_; ++c) {
      if (high[c] - low[c] > high[widest] - low[widest]) widest = c;
    }
    return widest;
  }

  // Rows ascend within a leaf, so that the first of several farthest points has the smallest row.
  void FillLeaf(int64_t begin, int64_t end) {
    std::sort(rows_.get() + begin, rows_.get() + end);
    for (int64_t c = 0; c < d_; ++c) {
      pace_.Spend(end - begin);
      const double* x = points_.coordinate(c);
      for (int64_t i = begin; i < end; ++i) coordinates_[c * stride_ + i] = x[rows_[i]];
      if (end == n_) std::fill_n(&coordinates_[c * stride_ + n_], ScaledPoints::kPadding, 0.0);
    }
  }

  // Returns whether the candidate of the node has changed.
  bool Lower(int64_t node, int level, const double* location) {
    pace_.Spend(d_);
    if (IsFar(node, location)) return false;
    if (level == levels_) return LowerLeaf(node, location);
    const bool left = Lower(2 * node, level + 1, location);
    const bool right = Lower(2 * node + 1, level + 1, location);
    if (!left && !right) return false;
    farthest_[node] = Farther(farthest_[2 * node], farthest_[2 * node + 1]);
    return true;
  }

  bool LowerLeaf(int64_t node, const double* location) {
    const int64_t begin = BeginOf(node, levels_);
    const int64_t end = BeginOf(node + 1, levels_);
    pace_.Spend((end - begin) * d_);
    double* min_sq = min_sq_.get();
    LowerSquaredDistances({&coordinates_[begin], stride_, d_, end - begin}, location,
                          min_sq + begin);
    // Distances only fall. If the candidate's has not, it is still the first of the largest.
    int64_t& place = farthest_place_[node - (int64_t{1} << levels_)];
    if (min_sq[place] == farthest_[node].sq) return false;
    place = std::max_element(min_sq + begin, min_sq + end) - min_sq;
    farthest_[node] = {min_sq[place], rows_[place]};
    return true;
  }

  // Whether no point of a node is nearer to a location than the node's candidate is to the chosen points. The squared
  // distance from the location to the box of the node is never above the computed squared distance to a point in the
  // box: each rounded operation is monotone, and the operations are those of LowerSquaredDistances, in the same order.
  bool IsFar(int64_t node, const double* location) {
    const double* low = BoxOf(node);
    const double* high = low + d_;
    const double limit = farthest_[node].sq;
    double sq = 0;
    for (int64_t c = 0; c < d_; ++c) {
      const double gap = std::max({low[c] - location[c], location[c] - high[c], 0.0});
      sq += gap * gap;
      // The sum cannot fall any more.
      if (sq >= limit) return true;
    }
    return false;
  }

  const ScaledPoints& points_;
  const int64_t n_;
  const int64_t d_;
  const int64_t stride_;
  Pace pace_;
  int levels_ = 0;
  // In the order of the leaves:
  std::unique_ptr<int64_t[]> rows_;
  std::unique_ptr<double[]> coordinates_;
  std::unique_ptr<double[]> min_sq_;
  // By node:
  std::unique_ptr<double[]> boxes_;
  std::unique_ptr<Candidate[]> farthest_;
  // Where the candidate of each leaf is.
  std::unique_ptr<int64_t[]> farthest_place_;
};

// The k-th smallest of the values, counted from 0. Reorders the values.
double Select(std::vector<double>& values, int64_t k, Pace& pace) {
  const auto at = values.begin() + k;
  std::nth_element(values.begin(), at, values.end(), [&pace](double a, double b) {
    pace.Spend(1);
    return a < b;
  });
  return *at;
}

std::vector<double> CenterOf(const ScaledPoints& points, Pace& pace) {
  const int64_t n = points.size();
  std::vector<double> mean(static_cast<size_t>(points.dimensions()));
  for (int64_t c = 0; c < points.dimensions(); ++c) {
    const double* x = points.coordinate(c);
    for (int64_t i = 0; i < points.size(); ++i) {
      pace.Spend(1);
      mean[c] += x[i];
    }
    mean[c] /= static_cast<double>(n);
    std::vector<double> values(x, x + n);
    if (mean[c] < Select(values, (n - 1) / 10, pace) ||
        mean[c] > Select(values, n - 1 - (n - 1) / 10, pace)) {
      mean[c] = Select(values, (n - 1) / 2, pace);
    }
  }
  return mean;
}

int64_t NearestRow(const ScaledPoints& points, const std::vector<double>& location, Pace& pace) {
  const int64_t block = PointsAtOnce(points.dimensions());
  Candidate nearest{kInfinity, 0};
  for (int64_t begin = 0; begin < points.size(); begin += block) {
    const int64_t count = std::min(block, points.size() - begin);
    pace.Spend(count * points.dimensions());
    std::array<double, kMostPointsAtOnce> sq{};
    sq.fill(kInfinity);
    LowerSquaredDistances(
        {points.coordinate(0) + begin, points.stride(), points.dimensions(), count},
        location.data(), sq.data());
    for (int64_t j = 0; j < count; ++j) {
      if (sq[j] < nearest.sq) nearest = {sq[j], begin + j};
    }
  }
  return nearest.row;
}

}  // namespace

std::vector<int64_t> RandomOrder(int64_t n, uint64_t seed, Monitor& monitor) {
  monitor.Start(n);
  Pace pace(monitor);
  std::vector<int64_t> order;
  order.reserve(static_cast<size_t>(n));
  boost::random::mt19937_64 engine(seed);
  // The shuffle of Fisher and Yates in its inside-out form.
  for (int64_t i = 0; i < n; ++i) {
    pace.Spend(16);
    const int64_t place = boost::random::uniform_int_distribution<int64_t>(0, i)(engine);
    order.push_back(i);
    std::swap(order[i], order[place]);
    monitor.Advance(1);
  }
  return order;
}

std::vector<int64_t> MaximinOrder(const ScaledPoints& points, Monitor& monitor,
                                  const DenseMatrixView& originals) {
  const int64_t n = points.size();
  monitor.Start(n);
  std::vector<int64_t> order;
  if (n == 0) return order;
  order.reserve(static_cast<size_t>(n));
  Pace pace(monitor);
  const int64_t first = NearestRow(points, CenterOf(points, pace), pace);
  FarthestPointTree tree(points, monitor);
  std::vector<double> location(static_cast<size_t>(points.dimensions()));
  const auto is_chosen = std::make_unique_for_overwrite<bool[]>(static_cast<size_t>(n));
  for (int64_t row = 0; row < n; ++row) {
    pace.Spend(1);
    is_chosen[row] = false;
  }
  for (Candidate next{kInfinity, first}; next.sq > 0; next = tree.farthest()) {
    order.push_back(next.row);
    is_chosen[next.row] = true;
    points.CopyPoint(next.row, location.data());
    tree.Choose(location.data());
    monitor.Advance(1);
  }
  // The remaining points are at distance 0 from earlier ones. First come those at other locations, which only
  // rounding has merged; then come duplicates.
  const auto left = static_cast<size_t>(n) - order.size();
  if (left == 0) return order;
  LocationSet locations(points, originals, n, monitor);
  for (const int64_t row : order) {
    pace.Spend(1);
    locations.Insert(row);
  }
  std::vector<int64_t> duplicates;
  for (int64_t row = 0; row < n; ++row) {
    pace.Spend(1);
    if (is_chosen[row]) continue;
    (locations.Insert(row) ? order : duplicates).push_back(row);
    monitor.Advance(1);
  }
  order.insert(order.end(), duplicates.begin(), duplicates.end());
  return order;
}

}  // namespace residual_knn
