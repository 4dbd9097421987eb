#include "tree/cover_sample.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "tree/block_factor.h"

namespace residual_knn {
namespace {

constexpr int64_t kBlocks = 8;
// Rows are thinned so that fewer than twice this many distances are computed to find the surroundings of a point.
constexpr int64_t kMostScanned = 200'000;
// A tree of more rows has three levels.
constexpr int64_t kMostOfTwoLevels = 2'000'000;

// The `count` points nearest to a row, among every `stride`-th row. They are nearest in space, or in V if there are
// no coordinates.
std::vector<int64_t> Surroundings(const ResidualModel& model, int64_t center, int64_t count,
                                  int64_t stride) {
  std::vector<std::pair<double, int64_t>> keys;
  const bool in_space = model.covariance() != nullptr;
  for (int64_t row = center % stride; row < model.n(); row += stride) {
    double sum = 0;
    if (in_space) {
      for (int64_t c = 0; c < model.d(); ++c) {
        const double difference = model.points()(row, c) - model.points()(center, c);
        sum += difference * difference;
      }
    } else {
      for (int64_t c = 0; c < model.m(); ++c) {
        const double difference = model.v(row)[c] - model.v(center)[c];
        sum += difference * difference;
      }
    }
    keys.emplace_back(sum, row);
  }
  count = std::min(count, static_cast<int64_t>(keys.size()));
  std::nth_element(keys.begin(), keys.begin() + (count - 1), keys.end());
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back(keys[i].second);
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

double SampleCover(const ResidualModel& model, const TreeShape& shape, Monitor& monitor) {
  const Margins margins(model);
  BlockFactor factor(model, margins);
  Pace pace(monitor);
  int64_t pivots = 0;
  int64_t points = 0;
  // Blocks of thinned rows are wider than those of the tree will be, and can only need more pivots.
  const int64_t stride = std::max<int64_t>(model.n() / kMostScanned, 1);
  for (int64_t b = 0; b < kBlocks; ++b) {
    monitor.Look();
    const int64_t center = (2 * b + 1) * model.n() / (2 * kBlocks);
    std::vector<int64_t> rows = Surroundings(model, center, shape.leaf_size, stride);
    std::erase_if(rows, [&](int64_t row) { return !margins.Fits(model.inverse_deviation()[row]); });
    factor.Run(rows, {shape.leaf_tolerance, false, false}, pace);
    pivots += factor.rank();
    points += static_cast<int64_t>(rows.size());
  }
  return points == 0 ? 1 : static_cast<double>(pivots) / static_cast<double>(points);
}

// The limits were measured on the workloads of docs/benchmarks.md.
TreeShape ShapeFor(double cover, int64_t size) {
  TreeShape shape;
  if (cover > 0.03) {
    shape.leaf_tolerance = 0.1;
    shape.coarse_tolerance = 0.03;
  }
  // Each query is bounded against most blocks of the coarsest level.
  if (size > kMostOfTwoLevels) shape.levels = 3;
  if (cover > 0.12) shape.levels = 1;  // larger blocks would need nearly as many pivots
  return shape;
}

}  // namespace residual_knn
