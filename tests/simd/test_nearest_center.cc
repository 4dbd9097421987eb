// Compares simd/nearest_center.h with plain loops, on every SIMD target of this machine. The bytes must be the same. No
// array is longer than the header asks.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "simd/for_each_target.h"
#include "simd/guarded_array.h"
#include "simd/nearest_center.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::AssignNearestCenters;
using residual_knn::LowerSquaredDistances;
using residual_knn::PointRange;

constexpr int64_t kPadding = 8;
constexpr double kInf = std::numeric_limits<double>::infinity();

// Values with few distinct differences, so that ties are frequent, or random values without ties.
double Draw(Random& random, bool ties) {
  return ties ? static_cast<double>(random.Integer(0, 3)) : random.Uniform(-4, 4);
}

struct Case {
  int64_t n;
  int64_t d;
  int64_t m;
  GuardedArray<double> points;   // dimension-major with padding
  GuardedArray<double> centers;  // center by center

  Case(Random& random, int64_t num_points, int64_t dimensions, int64_t num_centers, bool ties)
      : n(num_points),
        d(dimensions),
        m(num_centers),
        points((num_points + kPadding) * dimensions),
        centers(num_centers * dimensions) {
    // NaN beyond the last point must not reach a result.
    std::ranges::fill(points.values(), std::numeric_limits<double>::quiet_NaN());
    for (int64_t c = 0; c < d; ++c) {
      for (int64_t j = 0; j < n; ++j) points[c * (n + kPadding) + j] = Draw(random, ties);
    }
    for (double& value : centers.values()) value = Draw(random, ties);
  }

  [[nodiscard]] PointRange Range(int64_t begin, int64_t end) {
    return {points.data() + begin, n + kPadding, d, end - begin};
  }

  [[nodiscard]] double SquaredDistance(int64_t j, int64_t q) {
    double sq = 0;
    for (int64_t c = 0; c < d; ++c) {
      const double difference = points[c * (n + kPadding) + j] - centers[q * d + c];
      sq += difference * difference;
    }
    return sq;
  }
};

// Results of a kernel: `size` equal values at first.
template <class T>
class Results {
 public:
  Results(int64_t size, T value) : values_(size) { std::ranges::fill(values_.values(), value); }
  T* data() { return values_.data(); }
  // Whether the bytes are as expected and nothing else was written.
  bool Hold(const std::vector<T>& expected) {
    return values_.Intact() && (expected.empty() || std::memcmp(values_.data(), expected.data(),
                                                                expected.size() * sizeof(T)) == 0);
  }

 private:
  GuardedArray<T> values_;
};

bool LowerHolds(Case& c) {
  std::vector<double> expected(static_cast<size_t>(c.n), kInf);
  Results<double> whole(c.n, kInf);
  Results<double> parts(c.n, kInf);
  for (int64_t q = 0; q < c.m; ++q) {
    for (int64_t j = 0; j < c.n; ++j) expected[j] = std::min(expected[j], c.SquaredDistance(j, q));
    const double* center = c.centers.data() + q * c.d;
    LowerSquaredDistances(c.Range(0, c.n), center, whole.data());
    const int64_t cut = c.n * (q + 1) / (c.m + 1);
    LowerSquaredDistances(c.Range(0, cut), center, parts.data());
    LowerSquaredDistances(c.Range(cut, c.n), center, parts.data() + cut);
  }
  if (!whole.Hold(expected)) return Fail("LowerSquaredDistances");
  return parts.Hold(expected) || Fail("LowerSquaredDistances in parts");
}

bool AssignHolds(Case& c) {
  std::vector<double> expected_sq(static_cast<size_t>(c.n), kInf);
  std::vector<int64_t> expected(static_cast<size_t>(c.n), -1);
  Results<double> whole_sq(c.n, kInf);
  Results<int64_t> whole(c.n, -1);
  Results<double> parts_sq(c.n, kInf);
  Results<int64_t> parts(c.n, -1);
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
    double* sq = parts_sq.data() + begin;
    int64_t* nearest = parts.data() + begin;
    AssignNearestCenters(c.Range(begin, end), c.centers.data(), 0, first_centers, sq, nearest);
    AssignNearestCenters(c.Range(begin, end), c.centers.data() + first_centers * c.d, first_centers,
                         c.m - first_centers, sq, nearest);
  }
  if (!whole_sq.Hold(expected_sq) || !whole.Hold(expected)) return Fail("AssignNearestCenters");
  return (parts_sq.Hold(expected_sq) && parts.Hold(expected)) ||
         Fail("AssignNearestCenters in parts");
}

// Each length up to some vectors, `rounds` times with different numbers.
bool CasesHold(const TestRun& run, bool (*holds)(Case&)) {
  return OnEveryTarget([&] {
    const int64_t rounds = run.Scaled(4);
    for (int64_t round = 0; round < rounds; ++round) {
      for (int64_t n = 0; n <= 70; ++n) {
        Random random(run.seed + static_cast<uint64_t>(100 * round + n));
        const int64_t d = random.Integer(1, 9);
        const int64_t m = random.Integer(1, 12);
        Case test(random, n, d, m, n % 2 == 0);
        if (!holds(test)) {
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
