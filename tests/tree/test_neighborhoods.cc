// Neighborhoods: a partition of the rows into leaves, and regions with the requested rows.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "model/residual_model.h"
#include "scan/neighborhoods.h"
#include "support/engine_model.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::Neighborhoods;
using residual_knn::ResidualModel;

constexpr int64_t kUsualCases = 60;
// The number of rows requested for a region.
constexpr int64_t kUsual = 256;

// Only points: V is 0.
ResidualModel ModelOf(const Points& points) {
  const std::vector<double> factor(static_cast<size_t>(points.n), 0.0);
  const std::vector<double> variances(factor.size(), 1.0);
  return MakeGivenModel({}, points, factor, 1, variances, 0);
}

class Case {
 public:
  explicit Case(const ResidualModel& model, int threads = 1)
      : model_(model), neighborhoods_(model, threads, monitor_) {
    for (int64_t i = 0; i < n(); ++i) leaves_ = std::max(leaves_, Leaf(i) + 1);
  }

  [[nodiscard]] int64_t n() const { return model_.n(); }
  [[nodiscard]] int64_t leaves() const { return leaves_; }
  [[nodiscard]] int64_t Leaf(int64_t row) const { return neighborhoods_.LeafOf(row, nullptr); }
  [[nodiscard]] int64_t LeafOfPoint(int64_t row) const {
    return neighborhoods_.LeafOf(-1, PointOf(row).data());
  }
  [[nodiscard]] const Neighborhoods& neighborhoods() const { return neighborhoods_; }

  // Each row is in one leaf. The leaves have about the same size, and none is too large.
  [[nodiscard]] bool IsPartition() const {
    std::vector<int64_t> seen(static_cast<size_t>(n()), 0);
    std::vector<int32_t> rows;
    int64_t smallest = n();
    int64_t largest = 0;
    for (int64_t leaf = 0; leaf < leaves_; ++leaf) {
      neighborhoods_.CopyRows({leaf, leaf}, n(), rows);
      for (const int32_t row : rows) {
        if (Leaf(row) != leaf) return Fail("row " + std::to_string(row) + " is in two leaves");
        ++seen[static_cast<size_t>(row)];
      }
      smallest = std::min(smallest, std::ssize(rows));
      largest = std::max(largest, std::ssize(rows));
    }
    if (std::any_of(seen.begin(), seen.end(), [](int64_t times) { return times != 1; })) {
      return Fail("a row is in no leaf or twice in one");
    }
    if (largest > kUsual || largest - smallest > 1 || (leaves_ & (leaves_ - 1)) != 0) {
      return Fail(std::to_string(leaves_) + " leaves of " + std::to_string(smallest) + " to " +
                  std::to_string(largest) + " rows");
    }
    return neighborhoods_.bytes() >=
               n() * static_cast<int64_t>(sizeof(int64_t) + sizeof(int32_t)) ||
           Fail("fewer bytes than rows need");
  }

  // The region around a row, or around its point, for rows below the limit.
  [[nodiscard]] bool RegionHolds(int64_t row, bool as_point, int64_t limit, int64_t wanted) const {
    const int64_t self = as_point ? -1 : row;
    std::vector<int32_t> copied = {-7};  // what was there is gone
    const Neighborhoods::Region region =
        neighborhoods_.Around(self, PointOf(row).data(), limit, wanted, copied);
    const int64_t leaf = as_point ? LeafOfPoint(row) : Leaf(row);
    const int64_t width = region.last_leaf - region.first_leaf + 1;
    if (region.first_leaf < 0 || region.last_leaf >= leaves_ || width < 1 ||
        (width & (width - 1)) != 0 || region.first_leaf % width != 0) {
      return Fail("leaves [" + std::to_string(region.first_leaf) + ", " +
                  std::to_string(region.last_leaf) + "] are no node");
    }
    if (leaf < region.first_leaf || leaf > region.last_leaf) return Fail("its own leaf is outside");
    if (!as_point && !neighborhoods_.Holds(region, row)) return Fail("it does not hold the row");
    // The smallest region with enough of them.
    std::vector<int32_t> rows;
    neighborhoods_.CopyRows(region, limit, rows);
    if (rows != copied) return Fail("rows copied are not those of the region");
    const int64_t enough = std::min(wanted, limit);
    if (std::ssize(copied) < enough) return Fail("a region is too small");
    if (width > 1) {
      const int64_t half = leaf / (width / 2) * (width / 2);
      neighborhoods_.CopyRows({half, half + width / 2 - 1}, limit, rows);
      if (std::ssize(rows) >= enough) return Fail("a region is too large");
    }
    return RowsHold(region, limit);
  }

  // The copied rows are the rows of the region below the limit.
  [[nodiscard]] bool RowsHold(const Neighborhoods::Region& region, int64_t limit) const {
    std::vector<int32_t> rows = {-7};  // what was there is gone
    neighborhoods_.CopyRows(region, limit, rows);
    std::sort(rows.begin(), rows.end());
    std::vector<int32_t> expected;
    for (int64_t row = 0; row < limit; ++row) {
      if (neighborhoods_.Holds(region, row)) expected.push_back(static_cast<int32_t>(row));
    }
    return rows == expected || Fail("a region has " + std::to_string(rows.size()) + " rows, not " +
                                    std::to_string(expected.size()));
  }

 private:
  [[nodiscard]] std::vector<double> PointOf(int64_t row) const {
    std::vector<double> point(static_cast<size_t>(model_.d()));
    model_.points().CopyPoint(row, point.data());
    return point;
  }

  const ResidualModel& model_;
  residual_knn::Monitor monitor_;
  Neighborhoods neighborhoods_;
  int64_t leaves_ = 0;
};

bool CaseHolds(const Case& c, Random& random) {
  if (!c.IsPartition()) return false;
  for (int64_t i = 0; i < 20; ++i) {
    const int64_t row = random.Integer(0, c.n() - 1);
    const std::array<int64_t, 4> limits = {c.n(), row, random.Integer(0, c.n()),
                                           std::min(c.n(), kUsual)};
    for (const int64_t limit : limits) {
      const int64_t wanted = random.LogInteger(1, 2 * c.n());
      if (!c.RegionHolds(row, i % 2 == 1, limit, wanted)) {
        return Fail("row " + std::to_string(row) + ", limit " + std::to_string(limit) +
                    ", wanted " + std::to_string(wanted));
      }
    }
    const int64_t leaf = c.LeafOfPoint(row);
    if (leaf < 0 || leaf >= c.leaves()) return Fail("a point is in leaf " + std::to_string(leaf));
  }
  return true;
}

void TestRandomPoints(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  for (int64_t i = 0; i < run.Scaled(kUsualCases); ++i) {
    const uint64_t seed = run.seed + static_cast<uint64_t>(i);
    Random random(seed);
    const auto shape = static_cast<Shape>(i % kNumShapes);
    const int64_t n = random.LogInteger(1, 5000);
    const int64_t d = random.Integer(1, 6);
    const ResidualModel model = ModelOf(RandomPoints(random, shape, n, d));
    const Case c(model);
    const bool holds = CaseHolds(c, random) ||
                       Fail(seed, std::string(ShapeName(shape)) + ", n = " + std::to_string(n) +
                                      ", d = " + std::to_string(d));
    assert_true(holds);
  }
}

// Sizes on both sides of every change of depth.
void TestSizes(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const std::array<std::pair<int64_t, int64_t>, 9> leaves_of_sizes = {
      {{1, 1}, {2, 1}, {255, 1}, {256, 1}, {257, 2}, {512, 2}, {513, 4}, {1024, 4}, {1025, 8}}};
  for (const auto& [n, leaves] : leaves_of_sizes) {
    const ResidualModel model = ModelOf(RandomPoints(random, Shape::kUniform, n, 2));
    const Case c(model);
    const bool holds =
        (CaseHolds(c, random) && c.leaves() == leaves) ||
        Fail(run.seed, std::to_string(n) + " rows in " + std::to_string(c.leaves()) + " leaves");
    assert_true(holds);
  }
}

// If no coordinate occurs twice, the leaf of a point is that of its row, and neighbors are near: a region of the plane
// contains its share of the rows, also of those below a limit, and these are nearer than others.
void TestRegionsAreNear(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  constexpr int64_t kRows = 8000;
  const ResidualModel model = ModelOf(RandomPoints(random, Shape::kUniform, kRows, 2));
  const Case c(model);
  std::vector<int32_t> rows;
  for (int64_t row = 0; row < kRows; ++row) assert_true(c.LeafOfPoint(row) == c.Leaf(row));
  for (int64_t i = 0; i < 50; ++i) {
    const int64_t row = random.Integer(0, kRows - 1);
    const int64_t limit = random.Integer(2000, kRows);
    const Neighborhoods::Region region =
        c.neighborhoods().Around(row, nullptr, limit, kUsual, rows);
    const double share = static_cast<double>(region.last_leaf - region.first_leaf + 1) /
                         static_cast<double>(c.leaves());
    const double expected = static_cast<double>(limit) * share;
    // Six standard deviations.
    assert_true(std::abs(static_cast<double>(rows.size()) - expected) <= 6 * std::sqrt(expected));
    double sum = 0;
    for (const int32_t other : rows) {
      for (int64_t k = 0; k < 2; ++k) {
        const double difference = model.points()(row, k) - model.points()(other, k);
        sum += difference * difference;
      }
    }
    // The mean squared distance from a corner of a rectangle with this area and sides of at most 1 : 4 is 17 / 12 of
    // the area. In the whole square, it is at least 1 / 6.
    assert_true(sum / static_cast<double>(rows.size()) < 2 * share);
  }
}

// Equal points are split by their row numbers.
void TestIdenticalPoints(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  for (const int64_t n : {1, 300, 3000}) {
    Points points{n, 3, std::vector<double>(static_cast<size_t>(3 * n), 0.25)};
    const ResidualModel model = ModelOf(points);
    const Case c(model);
    const bool holds = CaseHolds(c, random) || Fail(run.seed, "identical points");
    assert_true(holds);
  }
}

void TestThreadsAgree(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const ResidualModel model = ModelOf(RandomPoints(random, Shape::kGrid, 4000, 3));
  const Case one(model);
  const Case three(model, 3);
  for (int64_t row = 0; row < model.n(); ++row) assert_true(one.Leaf(row) == three.Leaf(row));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestRandomPoints, &run),
      cmocka_unit_test_prestate(TestSizes, &run),
      cmocka_unit_test_prestate(TestRegionsAreNear, &run),
      cmocka_unit_test_prestate(TestIdenticalPoints, &run),
      cmocka_unit_test_prestate(TestThreadsAgree, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
