// Orders of points: in space, by correlation, and kept from one tree store to the next.
#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "points/space_order.h"
#include "support/engine_model.h"
#include "support/test_run.h"
#include "tree/correlation_order.h"
#include "tree/tree_store.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::Monitor;
using residual_knn::ResidualModel;
using residual_knn::ScaledPoints;
using residual_knn::SpaceOrder;

constexpr int64_t kUsualOrders = 60;

std::vector<int64_t> Numbers(int64_t n) {
  std::vector<int64_t> numbers(static_cast<size_t>(n));
  std::iota(numbers.begin(), numbers.end(), int64_t{0});
  return numbers;
}

ScaledPoints Scaled(const Points& points) {
  const std::vector<double> lengthscales = {1.0};
  const std::vector<double> origin(static_cast<size_t>(points.d));
  return ScaledPoints(ViewOf(points), lengthscales, "points", origin);
}

bool IsPermutation(std::span<const int64_t> rows, std::vector<int64_t> expected) {
  std::vector<int64_t> sorted(rows.begin(), rows.end());
  std::sort(sorted.begin(), sorted.end());
  std::sort(expected.begin(), expected.end());
  return sorted == expected || Fail("rows are missing or twice there");
}

// Leaves of at most leaf_size rows, nodes of halves, rows that ascend in each leaf.
bool ShapeHolds(const SpaceOrder& order, int64_t leaf_size) {
  for (int t = 0; t < order.depth(); ++t) {
    for (int64_t i = 0; i < int64_t{1} << t; ++i) {
      const int64_t begin = order.Begin(t, i);
      const int64_t end = order.Begin(t, i + 1);
      if (order.Begin(t + 1, 2 * i + 1) != begin + (end - begin + 1) / 2) {
        return Fail("a node is not two halves");
      }
    }
  }
  const int64_t leaves = int64_t{1} << order.depth();
  if (order.Begin(order.depth(), 0) != 0 || order.Begin(order.depth(), leaves) != order.size()) {
    return Fail("leaves do not hold all positions");
  }
  for (int64_t leaf = 0; leaf < leaves; ++leaf) {
    const int64_t begin = order.Begin(order.depth(), leaf);
    const int64_t end = order.Begin(order.depth(), leaf + 1);
    if (end - begin > leaf_size) return Fail("a leaf is too large");
    const auto rows = order.rows().subspan(begin, end - begin);
    if (!std::is_sorted(rows.begin(), rows.end())) return Fail("rows of a leaf do not ascend");
    for (int64_t p = begin; p < end; ++p) {
      if (order.LeafAt(p) != leaf) return Fail("the leaf of a position");
    }
  }
  // One level less would not do.
  return order.depth() == 0 || (order.size() + leaves / 2 - 1) / (leaves / 2) > leaf_size ||
         Fail("more leaves than needed");
}

// Every point is in the region of its leaf, where no two have a coordinate in common.
bool RegionsHold(const SpaceOrder& order, const ScaledPoints& points) {
  std::vector<double> point(static_cast<size_t>(points.dimensions()));
  for (int64_t p = 0; p < order.size(); ++p) {
    points.CopyPoint(order.rows()[p], point.data());
    if (order.LeafOf(point.data()) != order.LeafAt(p)) {
      return Fail("row " + std::to_string(order.rows()[p]) + " is not in the region of its leaf");
    }
  }
  return true;
}

bool SpaceOrderHolds(uint64_t seed) {
  Random random(seed);
  const int64_t n = random.LogInteger(1, 2000);
  const int64_t d = random.Integer(1, 4);
  const int64_t leaf_size = random.LogInteger(1, 200);
  const auto shape = static_cast<Shape>(random.Integer(0, kNumShapes - 1));
  Points given = RandomPoints(random, shape, n, d);
  const int64_t wide = random.Integer(0, d - 1);
  for (int64_t i = 0; i < n; ++i) given(i, wide) *= 20;
  const ScaledPoints points = Scaled(given);
  std::vector<int64_t> rows = RandomPermutation(random, n);
  rows.resize(static_cast<size_t>(random.Integer(1, n)));
  Monitor monitor;
  SpaceOrder order(points, rows, leaf_size, 1, monitor);
  if (!IsPermutation(order.rows(), rows) || !ShapeHolds(order, leaf_size)) return false;
  const SpaceOrder by_three(points, rows, leaf_size, 3, monitor);
  if (!std::equal(order.rows().begin(), order.rows().end(), by_three.rows().begin())) {
    return Fail("three threads make another order");
  }
  // Equal coordinates may be on either side of a split, and a node of one row has nothing on its right side.
  if (shape != Shape::kUniform && shape != Shape::kNormal) return true;
  if (order.size() < int64_t{1} << order.depth()) return true;
  if (!RegionsHold(order, points)) return false;
  // The first split is that of the widest coordinate.
  if (order.depth() > 0 && order.size() > 16) {
    const int64_t middle = order.Begin(1, 1);
    const auto x = [&](int64_t p) { return points(order.rows()[p], wide); };
    double left = x(0);
    for (int64_t p = 0; p < middle; ++p) left = std::max(left, x(p));
    for (int64_t p = middle; p < order.size(); ++p) {
      if (x(p) < left) return Fail("the first split is not that of the widest coordinate");
    }
  }
  std::vector<double> factors(static_cast<size_t>(d));
  for (double& factor : factors) factor = random.Uniform(0.1, 10);
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t c = 0; c < d; ++c) given(i, c) *= factors[c];
  }
  order.Rescale(factors);
  return RegionsHold(order, Scaled(given)) || Fail("after rescaling");
}

bool ListOrderHolds(uint64_t seed) {
  Random random(seed);
  const std::vector<int64_t> rows = RandomPermutation(random, random.LogInteger(1, 2000));
  const int64_t leaf_size = random.LogInteger(1, 200);
  Monitor monitor;
  const SpaceOrder order(rows, leaf_size, monitor);
  if (!ShapeHolds(order, leaf_size)) return false;
  for (int64_t leaf = 0; leaf < int64_t{1} << order.depth(); ++leaf) {
    const int64_t begin = order.Begin(order.depth(), leaf);
    const int64_t end = order.Begin(order.depth(), leaf + 1);
    if (!IsPermutation(order.rows().subspan(begin, end - begin),
                       {rows.begin() + begin, rows.begin() + end})) {
      return Fail("a leaf does not hold the rows that were there");
    }
  }
  const double point = 0;
  return order.LeafOf(&point) == 0 || Fail("a region where there is none");
}

void TestSpaceOrder(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  for (int64_t i = 0; i < run.Scaled(kUsualOrders); ++i) {
    const uint64_t seed = run.seed + static_cast<uint64_t>(i);
    if (!SpaceOrderHolds(seed) || !ListOrderHolds(seed))
      fail_msg("seed %llu", static_cast<unsigned long long>(seed));
  }
}

// Few inducing points in the middle; coordinates are `factors` times those drawn.
ResidualModel ModelOf(uint64_t seed, const std::array<double, 2>& factors) {
  Random random(seed);
  EngineSpec spec;
  spec.kernel = RESIDUAL_KNN_MATERN32;
  spec.points = RandomPoints(random, Shape::kUniform, 3000, 2);
  spec.inducing = RandomPoints(random, Shape::kUniform, 8, 2);
  for (Points* points : {&spec.points, &spec.inducing}) {
    for (int64_t i = 0; i < points->n; ++i) {
      for (int64_t c = 0; c < 2; ++c) (*points)(i, c) *= factors[static_cast<size_t>(c)];
    }
  }
  return MakeEngineModel(spec);
}

std::vector<int64_t> RowsOf(residual_knn::TreeStore& store) {
  Monitor monitor;
  double seconds = 0;
  const auto rows = store.Get(0, 1, monitor, seconds).order().rows();
  return {rows.begin(), rows.end()};
}

// A store takes over the order of another's tree, and the order that the other has itself taken over.
void TestAdoptedOrders(void** state) {
  const uint64_t seed = static_cast<const TestRun*>(*state)->seed;
  const std::array<double, 2> none = {1, 1};
  // Powers of two: what is scaled once and twice is the same.
  const std::array<double, 2> factors = {0.25, 4};
  const std::array<double, 2> again = {1, 2};
  const ResidualModel first = ModelOf(seed, none);
  const ResidualModel second = ModelOf(seed, factors);
  const ResidualModel third = ModelOf(seed, again);
  residual_knn::TreeStore of_first(first);
  const std::vector<int64_t> rows = RowsOf(of_first);
  residual_knn::TreeStore fresh(second);
  assert_false(RowsOf(fresh) == rows);  // or nothing would be shown
  residual_knn::TreeStore of_second(second);
  of_second.AdoptOrders(of_first, factors);
  residual_knn::TreeStore of_third(third);
  const std::array<double, 2> step = {4, 0.5};
  of_third.AdoptOrders(of_second, step);
  assert_true(RowsOf(of_third) == rows);
  Monitor monitor;
  double seconds = 0;
  assert_true(RegionsHold(of_third.Get(0, 1, monitor, seconds).order(), third.points()));
  // What was taken over is gone; the tree of the store in between is made anew.
  assert_false(RowsOf(of_second) == rows);
}

// Points at a few places, far from each other: those of one place come one after the other.
bool PlacesHold(uint64_t seed) {
  Random random(seed);
  const int64_t places = random.Integer(1, 16);
  const int64_t n = random.Integer(places, 300);
  const int64_t leaf_size = random.Integer(1, 20);
  Points points{n, 1, {}};
  for (int64_t i = 0; i < n; ++i) {
    points.values.push_back(100 * static_cast<double>(random.Integer(0, places - 1)));
  }
  const ResidualModel model =
      MakeGivenModel({}, points, {}, 0, std::vector<double>(static_cast<size_t>(n), 1.0), 1e-12);
  Monitor monitor;
  const std::vector<int64_t> given = RandomPermutation(random, n);
  const std::vector<int64_t> rows =
      residual_knn::OrderByCorrelation(model, given, leaf_size, monitor);
  if (!IsPermutation(rows, given)) return Fail(seed, "by correlation");
  if (n <= leaf_size) return rows == given || Fail(seed, "a leaf was sorted");
  std::vector<double> met;
  for (const int64_t row : rows) {
    if (!met.empty() && met.back() == points(row, 0)) continue;
    if (std::find(met.begin(), met.end(), points(row, 0)) != met.end()) {
      return Fail(seed, "points of one place are apart");
    }
    met.push_back(points(row, 0));
  }
  return true;
}

void TestOrderByCorrelation(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  for (int64_t i = 0; i < run.Scaled(kUsualOrders); ++i) {
    assert_true(PlacesHold(run.seed + static_cast<uint64_t>(i)));
  }
  // Points that are all alike stay as they are.
  const Points alike{200, 1, std::vector<double>(200, 1.0)};
  const ResidualModel model =
      MakeGivenModel({}, alike, {}, 0, std::vector<double>(200, 1.0), 1e-12);
  Monitor monitor;
  assert_true(residual_knn::OrderByCorrelation(model, Numbers(200), 8, monitor) == Numbers(200));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestSpaceOrder, &run),
      cmocka_unit_test_prestate(TestAdoptedOrders, &run),
      cmocka_unit_test_prestate(TestOrderByCorrelation, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
