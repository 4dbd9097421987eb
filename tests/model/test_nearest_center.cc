// simd/nearest_center.h against plain loops, on every SIMD target of this machine: the same bytes.
#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "hwy/highway.h"
#include "hwy/targets.h"
#include "simd/nearest_center.h"

// Last: its macros have common names.
extern "C" {
#include <cmocka.h>
}

namespace {

using residual_knn::AssignNearestCenters;
using residual_knn::LowerSquaredDistances;
using residual_knn::PointRange;

constexpr uint64_t kSeed = 20250711;
constexpr int64_t kPadding = 8;
constexpr int64_t kGuard = 9;  // results beyond the last that must stay as they are
constexpr double kUntouched = -7.25;

// Values with few distinct differences, so that ties are frequent, or with none.
double Draw(std::mt19937_64& engine, bool ties) {
  if (ties) return static_cast<double>(engine() % 4);
  return std::ldexp(static_cast<double>(engine() >> 11), -53) * 8 - 4;
}

struct Case {
  int64_t n;
  int64_t d;
  int64_t m;
  std::vector<double> points;   // dimension-major with padding
  std::vector<double> centers;  // center after center

  Case(std::mt19937_64& engine, int64_t num_points, int64_t dimensions, int64_t num_centers,
       bool ties)
      : n(num_points), d(dimensions), m(num_centers) {
    // NaN beyond the last point must not reach a result.
    points.assign(static_cast<size_t>((n + kPadding) * d),
                  std::numeric_limits<double>::quiet_NaN());
    for (int64_t c = 0; c < d; ++c) {
      for (int64_t j = 0; j < n; ++j) points[c * (n + kPadding) + j] = Draw(engine, ties);
    }
    centers.resize(static_cast<size_t>(m * d));
    for (double& value : centers) value = Draw(engine, ties);
  }

  [[nodiscard]] PointRange Range(int64_t begin, int64_t end) const {
    return {points.data() + begin, n + kPadding, d, end - begin};
  }

  [[nodiscard]] double SquaredDistance(int64_t j, int64_t q) const {
    double sq = 0;
    for (int64_t c = 0; c < d; ++c) {
      const double difference = points[c * (n + kPadding) + j] - centers[q * d + c];
      sq += difference * difference;
    }
    return sq;
  }
};

template <typename T>
bool SameBytes(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

int Report(bool good, const char* what, int64_t target, const Case& c) {
  if (good) return 0;
  print_error("%s: target %s, seed %" PRIu64 ", n %" PRId64 ", d %" PRId64 ", m %" PRId64 "\n",
              what, hwy::TargetName(target), kSeed, c.n, c.d, c.m);
  return 1;
}

int CheckLower(const Case& c, int64_t target) {
  const auto size = static_cast<size_t>(c.n + kGuard);
  std::vector<double> expected(size, kUntouched);
  std::fill_n(expected.begin(), c.n, std::numeric_limits<double>::infinity());
  std::vector<double> whole = expected;
  std::vector<double> parts = expected;
  for (int64_t q = 0; q < c.m; ++q) {
    for (int64_t j = 0; j < c.n; ++j) expected[j] = std::min(expected[j], c.SquaredDistance(j, q));
    LowerSquaredDistances(c.Range(0, c.n), &c.centers[q * c.d], whole.data());
    const int64_t cut = c.n * (q + 1) / (c.m + 1);
    LowerSquaredDistances(c.Range(0, cut), &c.centers[q * c.d], parts.data());
    LowerSquaredDistances(c.Range(cut, c.n), &c.centers[q * c.d], parts.data() + cut);
  }
  return Report(SameBytes(whole, expected), "LowerSquaredDistances", target, c) +
         Report(SameBytes(parts, expected), "LowerSquaredDistances in parts", target, c);
}

int CheckAssign(const Case& c, int64_t target) {
  const auto size = static_cast<size_t>(c.n + kGuard);
  std::vector<double> expected_sq(size, kUntouched);
  std::fill_n(expected_sq.begin(), c.n, std::numeric_limits<double>::infinity());
  std::vector<int64_t> expected(size, -1);
  std::vector<double> whole_sq = expected_sq;
  std::vector<int64_t> whole = expected;
  std::vector<double> parts_sq = expected_sq;
  std::vector<int64_t> parts = expected;
  for (int64_t j = 0; j < c.n; ++j) {
    for (int64_t q = 0; q < c.m; ++q) {
      const double sq = c.SquaredDistance(j, q);
      if (sq < expected_sq[j]) {
        expected_sq[j] = sq;
        expected[j] = q;
      }
    }
  }
  AssignNearestCenters(c.Range(0, c.n), c.centers.data(), 0, c.m, whole_sq.data(), whole.data());
  const int64_t cut = c.n / 3;
  const int64_t first_centers = c.m / 2;
  for (const auto& [begin, end] : {std::pair(int64_t{0}, cut), std::pair(cut, c.n)}) {
    AssignNearestCenters(c.Range(begin, end), c.centers.data(), 0, first_centers, &parts_sq[begin],
                         &parts[begin]);
    AssignNearestCenters(c.Range(begin, end), c.centers.data() + first_centers * c.d, first_centers,
                         c.m - first_centers, &parts_sq[begin], &parts[begin]);
  }
  return Report(SameBytes(whole_sq, expected_sq) && SameBytes(whole, expected),
                "AssignNearestCenters", target, c) +
         Report(SameBytes(parts_sq, expected_sq) && SameBytes(parts, expected),
                "AssignNearestCenters in parts", target, c);
}

int CountFailures(int (*check)(const Case&, int64_t)) {
  int failures = 0;
  const std::vector<int64_t> targets = hwy::SupportedAndGeneratedTargets();
  for (const int64_t target : targets) {
    hwy::SetSupportedTargetsForTest(target);
    std::mt19937_64 engine(kSeed);
    for (int64_t n = 0; n <= 70; ++n) {
      const auto d = static_cast<int64_t>(1 + engine() % 9);
      const auto m = static_cast<int64_t>(1 + engine() % 12);
      failures += check(Case(engine, n, d, m, n % 2 == 0), target);
    }
  }
  hwy::SetSupportedTargetsForTest(0);
  return failures;
}

void TestLowerSquaredDistances(void**) { assert_int_equal(CountFailures(CheckLower), 0); }

void TestAssignNearestCenters(void**) { assert_int_equal(CountFailures(CheckAssign), 0); }

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestLowerSquaredDistances),
      cmocka_unit_test(TestAssignNearestCenters),
  };
  return cmocka_run_group_tests_name("nearest_center", tests, nullptr, nullptr);
}
