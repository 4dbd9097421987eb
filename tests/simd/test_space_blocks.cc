// Compares simd/space_blocks.h with plain loops, on every SIMD target of this machine. The bytes must be the same. No
// array is longer than the header asks.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "simd/for_each_target.h"
#include "simd/guarded_array.h"
#include "simd/space_blocks.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::BoundBoxes;
using residual_knn::kBoxesAtOnce;
using residual_knn::kSelectSlack;
using residual_knn::SelectWithin;

constexpr double kInf = std::numeric_limits<double>::infinity();

// Values with few distinct differences, so that ties are frequent, or random values without ties.
double Draw(Random& random, bool ties) {
  return ties ? static_cast<double>(random.Integer(0, 3)) : random.Uniform(-4, 4);
}

double SquareOf(const double* x, int64_t stride, int64_t d, const double* query) {
  double square = 0;
  for (int64_t c = 0; c < d; ++c) {
    const double difference = x[c * stride] - query[c];
    square += difference * difference;
  }
  return square;
}

bool SelectionHolds(Random& random, int64_t n, int64_t d, bool ties) {
  const int64_t stride = n + 8;
  GuardedArray<double> points(stride * d);
  // NaN beyond the last point must not reach a result.
  std::ranges::fill(points.values(), std::numeric_limits<double>::quiet_NaN());
  for (int64_t c = 0; c < d; ++c) {
    for (int64_t j = 0; j < n; ++j) points[c * stride + j] = Draw(random, ties);
  }
  GuardedArray<double> query(d);
  for (double& value : query.values()) value = Draw(random, ties);
  // A radius on which points lie, none, and all.
  const double on_a_point =
      SquareOf(points.data() + random.Integer(0, n - 1), stride, d, query.data());
  for (const double most : {on_a_point, -1.0, kInf}) {
    GuardedArray<double> squares(n + kSelectSlack);
    GuardedArray<int64_t> numbers(n + kSelectSlack);
    const size_t found = SelectWithin({points.data(), stride, d, n}, query.data(), most,
                                      squares.data(), numbers.data());
    size_t expected = 0;
    for (int64_t j = 0; j < n; ++j) {
      const double square = SquareOf(points.data() + j, stride, d, query.data());
      if (square > most) continue;
      if (expected == found || numbers[static_cast<int64_t>(expected)] != j ||
          squares[static_cast<int64_t>(expected)] != square) {
        return Fail("point " + std::to_string(j));
      }
      ++expected;
    }
    if (expected != found) return Fail(std::to_string(found) + " points were found");
    if (!squares.Intact() || !numbers.Intact()) return Fail("written beyond an output");
  }
  return true;
}

// A bound is that of the nearest point of the box, computed by the same operations, so that no point in the box has a
// smaller squared distance.
bool BoundsHold(Random& random, int64_t d, bool ties) {
  GuardedArray<double> boxes(2 * kBoxesAtOnce * d);
  GuardedArray<double> query(d);
  for (double& value : query.values()) value = Draw(random, ties);
  const int64_t filled = random.Integer(0, kBoxesAtOnce);
  std::vector<double> inside(static_cast<size_t>(kBoxesAtOnce * d));
  std::vector<double> nearest(inside.size());
  for (int64_t c = 0; c < d; ++c) {
    for (int64_t b = 0; b < kBoxesAtOnce; ++b) {
      double low = Draw(random, ties);
      double high = Draw(random, ties);
      if (low > high) std::swap(low, high);
      if (b >= filled) {
        low = kInf;
        high = -kInf;
      } else {
        inside[b * d + c] = ties ? (random.Chance(0.5) ? low : high)
                                 : std::clamp(random.Uniform(low, high), low, high);
        nearest[b * d + c] = std::clamp(query[c], low, high);
      }
      boxes[2 * kBoxesAtOnce * c + b] = low;
      boxes[2 * kBoxesAtOnce * c + kBoxesAtOnce + b] = high;
    }
  }
  GuardedArray<double> bounds(kBoxesAtOnce);
  BoundBoxes(boxes.data(), d, query.data(), bounds.data());
  if (!bounds.Intact()) return Fail("written beyond the bounds");
  for (int64_t b = 0; b < kBoxesAtOnce; ++b) {
    if (b >= filled) {
      if (bounds[b] != kInf) return Fail("an empty box has a finite bound");
      continue;
    }
    if (bounds[b] != SquareOf(nearest.data() + b * d, 1, d, query.data())) {
      return Fail("bound of box " + std::to_string(b));
    }
    if (bounds[b] > SquareOf(inside.data() + b * d, 1, d, query.data())) {
      return Fail("a point in box " + std::to_string(b) + " is nearer than its bound");
    }
  }
  return true;
}

bool CaseHolds(Random& random) {
  const bool ties = random.Chance(0.5);
  const int64_t d = random.LogInteger(1, 40);
  return SelectionHolds(random, random.LogInteger(1, 150), d, ties) && BoundsHold(random, d, ties);
}

void TestSpaceBlocks(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  const bool holds = OnEveryTarget([&] {
    return SeedsHold(run, 400, [](uint64_t seed) {
      Random random(seed);
      return CaseHolds(random) || Fail(seed, "space blocks");
    });
  });
  assert_true(holds);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {cmocka_unit_test_prestate(TestSpaceBlocks, &run)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
