// Compares orderings with an O(n^2) definition, including ties. Also runs at sizes that are too large for a quadratic
// or a deeply recursive algorithm.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "base/error.h"
#include "points/ordering.h"
#include "simd/for_each_target.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::DenseMatrixView;
using residual_knn::Error;
using residual_knn::MaximinOrder;
using residual_knn::Monitor;
using residual_knn::RandomOrder;
using residual_knn::ScaledPoints;

ScaledPoints Scale(const std::vector<double>& values, int64_t d) {
  const double lengthscale = 1;
  return {DenseMatrixView{values.data(), static_cast<int64_t>(values.size()) / d, d},
          {&lengthscale, 1},
          "points"};
}

double SquaredDistance(const ScaledPoints& points, int64_t i, const std::vector<double>& location) {
  double sq = 0;
  for (int64_t c = 0; c < points.dimensions(); ++c) {
    const double difference = points(i, c) - location[c];
    sq += difference * difference;
  }
  return sq;
}

std::vector<double> LocationOf(const ScaledPoints& points, int64_t row) {
  std::vector<double> location(static_cast<size_t>(points.dimensions()));
  points.CopyPoint(row, location.data());
  return location;
}

// The definition, with the remaining rows in ascending order.
std::vector<int64_t> DefinedMaximinOrder(const ScaledPoints& points) {
  std::vector<double> mean(static_cast<size_t>(points.dimensions()));
  for (int64_t c = 0; c < points.dimensions(); ++c) {
    for (int64_t i = 0; i < points.size(); ++i) mean[c] += points(i, c);
    mean[c] /= static_cast<double>(points.size());
    std::vector<double> sorted(points.coordinate(c), points.coordinate(c) + points.size());
    std::sort(sorted.begin(), sorted.end());
    const size_t last = sorted.size() - 1;
    if (mean[c] < sorted[last / 10] || mean[c] > sorted[last - last / 10]) {
      mean[c] = sorted[last / 2];
    }
  }
  std::vector<int64_t> left(static_cast<size_t>(points.size()));
  std::iota(left.begin(), left.end(), 0);
  std::vector<double> sq(left.size());
  for (const int64_t i : left) sq[i] = SquaredDistance(points, i, mean);
  auto next = std::min_element(left.begin(), left.end(),
                               [&sq](int64_t a, int64_t b) { return sq[a] < sq[b]; });
  std::fill(sq.begin(), sq.end(), std::numeric_limits<double>::infinity());
  std::vector<int64_t> order;
  while (true) {
    order.push_back(*next);
    left.erase(next);
    if (left.empty()) return order;
    const std::vector<double> location = LocationOf(points, order.back());
    for (const int64_t i : left) sq[i] = std::min(sq[i], SquaredDistance(points, i, location));
    next = std::max_element(left.begin(), left.end(),
                            [&sq](int64_t a, int64_t b) { return sq[a] < sq[b]; });
  }
}

enum class Kind { kUniform, kGrid, kFewLocations, kLine, kNormal };
constexpr Kind kKinds[] = {Kind::kUniform, Kind::kGrid, Kind::kFewLocations, Kind::kLine,
                           Kind::kNormal};

std::vector<double> DrawPoints(Random& random, Kind kind, int64_t n, int64_t d) {
  const auto side = static_cast<int64_t>(
      2 + std::llround(std::pow(static_cast<double>(n), 1.0 / static_cast<double>(d))));
  std::vector<double> values(static_cast<size_t>(n * d));
  for (int64_t i = 0; i < n; ++i) {
    const double place = random.Uniform(-1, 1);
    for (int64_t c = 0; c < d; ++c) {
      double& value = values[i * d + c];
      switch (kind) {
        case Kind::kUniform:
          value = random.Uniform(-1, 1);
          break;
        case Kind::kGrid:
          value = static_cast<double>(random.Integer(0, side - 1));
          break;
        case Kind::kFewLocations:
          value = static_cast<double>(random.Integer(0, 1));
          break;
        case Kind::kLine:
          value = place * static_cast<double>(c + 1);
          break;
        case Kind::kNormal:
          value = 1e100 * random.Normal();
          break;
      }
    }
  }
  return values;
}

bool IsTheDefinition(uint64_t seed) {
  Random random(seed);
  const Kind kind = kKinds[seed % std::size(kKinds)];
  const int64_t d = random.Integer(1, 6);
  const int64_t n = random.Integer(1, random.Chance(0.5) ? 70 : 700);
  const ScaledPoints points = Scale(DrawPoints(random, kind, n, d), d);
  Monitor monitor;
  return MaximinOrder(points, monitor) == DefinedMaximinOrder(points) ||
         Fail(seed, "n " + std::to_string(n) + ", d " + std::to_string(d) + ", kind " +
                        std::to_string(static_cast<int>(kind)));
}

bool AreTheDefinition(uint64_t first_seed, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    if (!IsTheDefinition(first_seed + static_cast<uint64_t>(i))) return false;
  }
  return true;
}

void TestMaximinIsTheDefinition(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(AreTheDefinition(run.seed, run.Scaled(250)));
}

void TestMaximinOnEveryTarget(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(OnEveryTarget([&] { return AreTheDefinition(run.seed + 1000, run.Scaled(25)); }));
}

bool IsPermutation(std::vector<int64_t> order, int64_t n) {
  std::sort(order.begin(), order.end());
  for (int64_t i = 0; i < n; ++i) {
    if (order[i] != i) return false;
  }
  return static_cast<int64_t>(order.size()) == n;
}

// A million points at the same place: the order of the rows.
bool IdenticalPointsStayInOrder() {
  constexpr int64_t kSize = 1000000;
  const ScaledPoints points = Scale(std::vector<double>(2 * kSize, 0.1), 2);
  Monitor monitor;
  const std::vector<int64_t> order = MaximinOrder(points, monitor);
  return std::is_sorted(order.begin(), order.end()) && IsPermutation(order, kSize);
}

void TestIdenticalPoints(void** /*state*/) { assert_true(IdenticalPointsStayInOrder()); }

// Integers from 0 on a line: the middle, then the ends. After that, intervals are halved in some order, so the distance
// of a point to those before it never increases.
bool LineIsHalved() {
  constexpr int64_t kSize = (int64_t{1} << 18) + 1;
  std::vector<double> values(static_cast<size_t>(kSize));
  std::iota(values.begin(), values.end(), 0.0);
  Monitor monitor;
  const std::vector<int64_t> order = MaximinOrder(Scale(values, 1), monitor);
  if (!IsPermutation(order, kSize)) return false;
  int64_t gap = kSize / 2;
  size_t i = 0;
  // All multiples of a gap that are not multiples of the previous gap, in row order.
  if (order[i++] != gap || order[i++] != 0 || order[i++] != 2 * gap) return false;
  for (gap /= 2; gap > 0; gap /= 2) {
    for (int64_t row = gap; row < kSize; row += 2 * gap) {
      if (order[i++] != row) return false;
    }
  }
  return i == order.size();
}

void TestLine(void** /*state*/) { assert_true(LineIsHalved()); }

// Two places with half a million points each: one point of each, then row order.
bool TwoPlacesThenRowOrder() {
  constexpr int64_t kSize = 1000000;
  std::vector<double> values(static_cast<size_t>(kSize));
  for (int64_t i = 0; i < kSize; ++i) values[i] = static_cast<double>(i % 2);
  Monitor monitor;
  const std::vector<int64_t> order = MaximinOrder(Scale(values, 1), monitor);
  return order[0] == 0 && order[1] == 1 && std::is_sorted(order.begin(), order.end()) &&
         IsPermutation(order, kSize);
}

void TestTwoPlaces(void** /*state*/) { assert_true(TwoPlacesThenRowOrder()); }

bool RandomOrderHolds(const TestRun& run) {
  Monitor monitor;
  for (int64_t n = 0; n < 60; ++n) {
    if (!IsPermutation(RandomOrder(n, run.seed, monitor), n)) {
      return Fail(run.seed, "no permutation of " + std::to_string(n));
    }
  }
  const std::vector<int64_t> order = RandomOrder(100000, 5, monitor);
  if (!IsPermutation(order, 100000)) return Fail("no permutation of 100000");
  if (order != RandomOrder(100000, 5, monitor)) return Fail("one seed gives two orders");
  return order != RandomOrder(100000, 6, monitor) || Fail("two seeds give one order");
}

void TestRandomOrder(void** state) {
  assert_true(RandomOrderHolds(*static_cast<const TestRun*>(*state)));
}

// The same seed gives this order on every machine and in every version.
bool IsPinnedOrder() {
  const std::vector<int64_t> expected = {6, 2, 9, 8, 7, 5, 4, 0, 3, 1};
  Monitor monitor;
  return RandomOrder(10, 42, monitor) == expected;
}

void TestRandomOrderIsPinned(void** /*state*/) { assert_true(IsPinnedOrder()); }

// Each of the 24 orders of 4 rows occurs about equally often.
bool IsFair(const TestRun& run) {
  const int64_t draws = std::max<int64_t>(run.Scaled(24000), 1000);
  Monitor monitor;
  std::vector<int64_t> counts(256);
  for (int64_t i = 0; i < draws; ++i) {
    const std::vector<int64_t> order = RandomOrder(4, run.seed + static_cast<uint64_t>(i), monitor);
    ++counts[order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3]];
  }
  const double expected = static_cast<double>(draws) / 24;
  double chi_squared = 0;
  int orders = 0;
  for (const int64_t count : counts) {
    if (count == 0) continue;
    ++orders;
    chi_squared += std::pow(static_cast<double>(count) - expected, 2) / expected;
  }
  // With 23 degrees of freedom, chi-squared exceeds 60 once in 30,000 runs.
  return (orders == 24 && chi_squared < 60) ||
         Fail(run.seed,
              std::to_string(orders) + " orders, chi squared " + std::to_string(chi_squared));
}

void TestRandomOrderIsFair(void** state) {
  assert_true(IsFair(*static_cast<const TestRun*>(*state)));
}

int32_t StopAtCall(void* user, int64_t done, int64_t total) {
  auto* calls = static_cast<int*>(user);
  if (done < 0 || done > total || total < 1) *calls = -1000;
  --*calls;
  return *calls == 0 ? 1 : 0;
}

bool IsCancelled(const std::function<void(Monitor&)>& work, int at_call) {
  int calls = at_call;
  Monitor monitor(StopAtCall, &calls);
  try {
    work(monitor);
  } catch (const Error& error) {
    return calls == 0 && error.status() == RESIDUAL_KNN_ERROR_CANCELLED;
  }
  return false;
}

bool CancellationHolds(const TestRun& run) {
  Random random(run.seed);
  // Long enough for a few callbacks, for any size.
  constexpr int64_t kSize = 300000;
  const ScaledPoints points = Scale(DrawPoints(random, Kind::kUniform, kSize, 3), 3);
  for (const int at_call : {1, 2, 3}) {
    const auto maximin = [&points](Monitor& monitor) { MaximinOrder(points, monitor); };
    if (!IsCancelled(maximin, at_call)) {
      return Fail("maximin is not cancelled at call " + std::to_string(at_call));
    }
  }
  return IsCancelled([](Monitor& monitor) { RandomOrder(kSize, 1, monitor); }, 1) ||
         Fail("random order is not cancelled");
}

void TestCancellation(void** state) {
  assert_true(CancellationHolds(*static_cast<const TestRun*>(*state)));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestMaximinIsTheDefinition, &run),
      cmocka_unit_test_prestate(TestMaximinOnEveryTarget, &run),
      cmocka_unit_test(TestIdenticalPoints),
      cmocka_unit_test(TestLine),
      cmocka_unit_test(TestTwoPlaces),
      cmocka_unit_test_prestate(TestRandomOrder, &run),
      cmocka_unit_test(TestRandomOrderIsPinned),
      cmocka_unit_test_prestate(TestRandomOrderIsFair, &run),
      cmocka_unit_test_prestate(TestCancellation, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
