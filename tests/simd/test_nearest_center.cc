// Compares simd/nearest_center.h with plain loops, on every SIMD target of this machine. The bytes must be the same.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "simd/for_each_target.h"
#include "simd/nearest_center.h"
#include "support/float_text.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::AssignNearestCenters;
using residual_knn::LowerSquaredDistances;
using residual_knn::PointRange;

constexpr int64_t kPadding = 8;
constexpr int64_t kGuard = 9;  // results after the last one that must not change
constexpr double kUntouched = -7.25;

// Values with few distinct differences, so that ties are frequent, or random values without ties.
double Draw(Random& random, bool ties) {
  return ties ? static_cast<double>(random.Integer(0, 3)) : random.Uniform(-4, 4);
}

struct Case {
  int64_t n;
  int64_t d;
  int64_t m;
  std::vector<double> points;   // dimension-major with padding
  std::vector<double> centers;  // center by center

  Case(Random& random, int64_t num_points, int64_t dimensions, int64_t num_centers, bool ties)
      : n(num_points), d(dimensions), m(num_centers) {
    // NaN beyond the last point must not reach a result.
    points.assign(static_cast<size_t>((n + kPadding) * d),
                  std::numeric_limits<double>::quiet_NaN());
    for (int64_t c = 0; c < d; ++c) {
      for (int64_t j = 0; j < n; ++j) points[c * (n + kPadding) + j] = Draw(random, ties);
    }
    centers.resize(static_cast<size_t>(m * d));
    for (double& value : centers) value = Draw(random, ties);
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

bool LowerHolds(const Case& c) {
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
  if (!SameBits(whole, expected)) return Fail("LowerSquaredDistances");
  return SameBits(parts, expected) || Fail("LowerSquaredDistances in parts");
}

bool AssignHolds(const Case& c) {
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
  if (!SameBits(whole_sq, expected_sq) || whole != expected) {
    return Fail("AssignNearestCenters");
  }
  return (SameBits(parts_sq, expected_sq) && parts == expected) ||
         Fail("AssignNearestCenters in parts");
}

// Each length up to some vectors, `rounds` times with different numbers.
bool CasesHold(const TestRun& run, bool (*holds)(const Case&)) {
  return OnEveryTarget([&] {
    const int64_t rounds = run.Scaled(4);
    for (int64_t round = 0; round < rounds; ++round) {
      for (int64_t n = 0; n <= 70; ++n) {
        Random random(run.seed + static_cast<uint64_t>(100 * round + n));
        const int64_t d = random.Integer(1, 9);
        const int64_t m = random.Integer(1, 12);
        if (!holds(Case(random, n, d, m, n % 2 == 0))) {
          return Fail(run.seed, "n " + std::to_string(n) + ", d " + std::to_string(d) + ", m " +
                                    std::to_string(m));
        }
      }
    }
    return true;
  });
}

void TestLowerSquaredDistances(void** state) {
  assert_true(CasesHold(*static_cast<const TestRun*>(*state), LowerHolds));
}

void TestAssignNearestCenters(void** state) {
  assert_true(CasesHold(*static_cast<const TestRun*>(*state), AssignHolds));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestLowerSquaredDistances, &run),
      cmocka_unit_test_prestate(TestAssignNearestCenters, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
