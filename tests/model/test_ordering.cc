// Orders of points against an O(n^2) definition, ties included, and at sizes where a quadratic or a
// deeply recursive algorithm would not come back.
#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "base/error.h"
#include "hwy/highway.h"
#include "hwy/targets.h"
#include "model/ordering.h"

// Last: its macros have common names.
extern "C" {
#include <cmocka.h>
}

namespace {

using residual_knn::DenseMatrixView;
using residual_knn::Error;
using residual_knn::MaximinOrder;
using residual_knn::Monitor;
using residual_knn::RandomOrder;
using residual_knn::ScaledPoints;

constexpr uint64_t kFirstSeed = 71000;

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

// The definition, with the rows that are left in ascending order.
std::vector<int64_t> DefinedMaximinOrder(const ScaledPoints& points) {
  std::vector<double> mean(static_cast<size_t>(points.dimensions()));
  for (int64_t c = 0; c < points.dimensions(); ++c) {
    for (int64_t i = 0; i < points.size(); ++i) mean[c] += points(i, c);
    mean[c] /= static_cast<double>(points.size());
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

std::vector<double> DrawPoints(std::mt19937_64& engine, Kind kind, int64_t n, int64_t d) {
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::normal_distribution<double> normal;
  const auto side = static_cast<uint64_t>(
      2 + std::llround(std::pow(static_cast<double>(n), 1.0 / static_cast<double>(d))));
  std::vector<double> values(static_cast<size_t>(n * d));
  for (int64_t i = 0; i < n; ++i) {
    const double place = uniform(engine);
    for (int64_t c = 0; c < d; ++c) {
      double& value = values[i * d + c];
      switch (kind) {
        case Kind::kUniform:
          value = uniform(engine);
          break;
        case Kind::kGrid:
          value = static_cast<double>(engine() % side);
          break;
        case Kind::kFewLocations:
          value = static_cast<double>(engine() % 2);
          break;
        case Kind::kLine:
          value = place * static_cast<double>(c + 1);
          break;
        case Kind::kNormal:
          value = 1e100 * normal(engine);
          break;
      }
    }
  }
  return values;
}

int CompareWithDefinition(uint64_t seed) {
  std::mt19937_64 engine(seed);
  const Kind kind = kKinds[seed % std::size(kKinds)];
  const auto d = static_cast<int64_t>(1 + engine() % 6);
  const auto n = static_cast<int64_t>(1 + engine() % (engine() % 2 == 0 ? 70 : 700));
  const ScaledPoints points = Scale(DrawPoints(engine, kind, n, d), d);
  Monitor monitor;
  if (MaximinOrder(points, monitor) == DefinedMaximinOrder(points)) return 0;
  print_error("seed %" PRIu64 ": n %" PRId64 ", d %" PRId64 ", kind %d\n", seed, n, d,
              static_cast<int>(kind));
  return 1;
}

int CountDifferencesFromDefinition(uint64_t first_seed, uint64_t count) {
  int failures = 0;
  for (uint64_t seed = first_seed; seed < first_seed + count; ++seed) {
    failures += CompareWithDefinition(seed);
  }
  return failures;
}

void TestMaximinIsTheDefinition(void**) {
  assert_int_equal(CountDifferencesFromDefinition(kFirstSeed, 250), 0);
}

int CountDifferencesOnTargets() {
  int failures = 0;
  const std::vector<int64_t> targets = hwy::SupportedAndGeneratedTargets();
  for (const int64_t target : targets) {
    hwy::SetSupportedTargetsForTest(target);
    failures += CountDifferencesFromDefinition(kFirstSeed + 1000, 25);
  }
  hwy::SetSupportedTargetsForTest(0);
  return failures;
}

void TestMaximinOnEveryTarget(void**) { assert_int_equal(CountDifferencesOnTargets(), 0); }

bool IsPermutation(std::vector<int64_t> order, int64_t n) {
  std::sort(order.begin(), order.end());
  for (int64_t i = 0; i < n; ++i) {
    if (order[i] != i) return false;
  }
  return static_cast<int64_t>(order.size()) == n;
}

// A million points at one place: row order from the first on.
bool IdenticalPointsStayInOrder() {
  constexpr int64_t kSize = 1000000;
  const ScaledPoints points = Scale(std::vector<double>(2 * kSize, 0.1), 2);
  Monitor monitor;
  const std::vector<int64_t> order = MaximinOrder(points, monitor);
  return std::is_sorted(order.begin(), order.end()) && IsPermutation(order, kSize);
}

void TestIdenticalPoints(void**) { assert_true(IdenticalPointsStayInOrder()); }

// Integers from 0 on a line: the middle, then the ends; after that intervals are halved in some
// order, so that the distance of a choice to those before it never grows.
bool LineIsHalved() {
  constexpr int64_t kSize = (int64_t{1} << 18) + 1;
  std::vector<double> values(static_cast<size_t>(kSize));
  std::iota(values.begin(), values.end(), 0.0);
  Monitor monitor;
  const std::vector<int64_t> order = MaximinOrder(Scale(values, 1), monitor);
  if (!IsPermutation(order, kSize)) return false;
  int64_t gap = kSize / 2;
  size_t i = 0;
  // All multiples of a gap that are not multiples of the gap before, in row order.
  if (order[i++] != gap || order[i++] != 0 || order[i++] != 2 * gap) return false;
  for (gap /= 2; gap > 0; gap /= 2) {
    for (int64_t row = gap; row < kSize; row += 2 * gap) {
      if (order[i++] != row) return false;
    }
  }
  return i == order.size();
}

void TestLine(void**) { assert_true(LineIsHalved()); }

// Two places with half a million points each: one of each, then row order.
bool TwoPlacesThenRowOrder() {
  constexpr int64_t kSize = 1000000;
  std::vector<double> values(static_cast<size_t>(kSize));
  for (int64_t i = 0; i < kSize; ++i) values[i] = static_cast<double>(i % 2);
  Monitor monitor;
  const std::vector<int64_t> order = MaximinOrder(Scale(values, 1), monitor);
  return order[0] == 0 && order[1] == 1 && std::is_sorted(order.begin(), order.end()) &&
         IsPermutation(order, kSize);
}

void TestTwoPlaces(void**) { assert_true(TwoPlacesThenRowOrder()); }

int CheckRandomOrder() {
  Monitor monitor;
  int failures = 0;
  for (int64_t n = 0; n < 60; ++n) {
    if (!IsPermutation(RandomOrder(n, kFirstSeed, monitor), n)) ++failures;
  }
  const std::vector<int64_t> order = RandomOrder(100000, 5, monitor);
  if (!IsPermutation(order, 100000)) ++failures;
  if (order != RandomOrder(100000, 5, monitor)) ++failures;
  if (order == RandomOrder(100000, 6, monitor)) ++failures;
  return failures;
}

void TestRandomOrder(void**) { assert_int_equal(CheckRandomOrder(), 0); }

// The same seed gives the same order on every machine: this one, for good.
bool IsPinnedOrder() {
  const std::vector<int64_t> expected = {6, 2, 9, 8, 7, 5, 4, 0, 3, 1};
  Monitor monitor;
  return RandomOrder(10, 42, monitor) == expected;
}

void TestRandomOrderIsPinned(void**) { assert_true(IsPinnedOrder()); }

// Each of the 24 orders of 4 rows about equally often.
int CheckFairness() {
  constexpr int kDraws = 24000;
  Monitor monitor;
  std::vector<int> counts(256);
  for (uint64_t seed = 0; seed < kDraws; ++seed) {
    const std::vector<int64_t> order = RandomOrder(4, seed, monitor);
    ++counts[order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3]];
  }
  double chi_squared = 0;
  int orders = 0;
  for (const int count : counts) {
    if (count == 0) continue;
    ++orders;
    chi_squared += std::pow(count - kDraws / 24.0, 2) / (kDraws / 24.0);
  }
  if (orders == 24 && chi_squared < 60)
    return 0;  // 23 degrees of freedom: beyond 60 once in 30,000
  print_error("%d orders, chi squared %g\n", orders, chi_squared);
  return 1;
}

void TestRandomOrderIsFair(void**) { assert_int_equal(CheckFairness(), 0); }

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

int CountUncancelled() {
  std::mt19937_64 engine(kFirstSeed);
  constexpr int64_t kSize = 300000;
  const ScaledPoints points = Scale(DrawPoints(engine, Kind::kUniform, kSize, 3), 3);
  int failures = 0;
  for (const int at_call : {1, 2, 3}) {
    const auto maximin = [&points](Monitor& monitor) { MaximinOrder(points, monitor); };
    if (!IsCancelled(maximin, at_call)) {
      print_error("maximin not cancelled at call %d\n", at_call);
      ++failures;
    }
  }
  if (!IsCancelled([](Monitor& monitor) { RandomOrder(kSize, 1, monitor); }, 1)) {
    print_error("random order not cancelled\n");
    ++failures;
  }
  return failures;
}

void TestCancellation(void**) { assert_int_equal(CountUncancelled(), 0); }

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestMaximinIsTheDefinition),
      cmocka_unit_test(TestMaximinOnEveryTarget),
      cmocka_unit_test(TestIdenticalPoints),
      cmocka_unit_test(TestLine),
      cmocka_unit_test(TestTwoPlaces),
      cmocka_unit_test(TestRandomOrder),
      cmocka_unit_test(TestRandomOrderIsPinned),
      cmocka_unit_test(TestRandomOrderIsFair),
      cmocka_unit_test(TestCancellation),
  };
  return cmocka_run_group_tests_name("ordering", tests, nullptr, nullptr);
}
