// Rows of covariances: every length and start, no access beyond the documented range, and the same bits for a pair at
// any place.
#include <string>
#include <vector>

#include "simd/covariance_reference.h"
#include "simd/covariance_row.h"
#include "simd/for_each_target.h"
#include "simd/guarded_array.h"
#include "support/float_text.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::CovarianceRow;
using residual_knn::CovarianceView;
using residual_knn::PointsView;

// Reading ends with the vector that begins at the last point: 7 values beyond it.
constexpr int64_t kPadding = 7;

struct PaddedPoints {
  PaddedPoints(Random& random, int64_t n, int64_t d)
      : values((n + kPadding) * d), view{values.data(), n + kPadding, d} {
    for (double& x : values.values()) x = random.Normal();
  }
  void CopyPoint(int64_t j, double* out) const {
    for (int64_t c = 0; c < view.dimensions; ++c) out[c] = view.values[c * view.stride + j];
  }

  GuardedArray<double> values;
  PointsView view;
};

// Each pair computed alone. The rows must have the same bits.
std::vector<double> PairByPair(const CovarianceView& covariance, const PaddedPoints& points,
                               int64_t n, const double* point) {
  std::vector<double> values(n);
  for (int64_t j = 0; j < n; ++j) {
    CovarianceRow(covariance, points.view, j, 1, point, &values[j]);
  }
  return values;
}

bool RowsHold(const CovarianceReference& family, uint64_t seed, int64_t d) {
  Random random(seed);
  constexpr int64_t kMost = 40;
  constexpr int64_t kStarts = 9;
  const int64_t n = kMost + kStarts - 1;
  const PaddedPoints points(random, n, d);
  std::vector<double> point(d);
  for (double& x : point) x = random.Normal();
  const std::vector<double> expected = PairByPair(family.view, points, n, point.data());
  for (int64_t count = 0; count <= kMost; ++count) {
    for (int64_t first = 0; first < kStarts; ++first) {
      GuardedArray<double> out(count, random.Integer(0, 8));
      CovarianceRow(family.view, points.view, first, count, point.data(), out.data());
      const std::span<const double> part(expected.data() + first, count);
      if (!SameBits(out.values(), part) || !out.Intact()) {
        return Fail(seed, family.name + ": " + std::to_string(count) + " points from " +
                              std::to_string(first) + " on");
      }
    }
  }
  // The row ends with the points, where reading must stop.
  for (int64_t count = 0; count <= kMost; ++count) {
    GuardedArray<double> out(count);
    CovarianceRow(family.view, points.view, n - count, count, point.data(), out.data());
    if (!SameBits(out.values(), {expected.data() + n - count, static_cast<size_t>(count)})) {
      return Fail(seed, family.name + ": the last " + std::to_string(count) + " points");
    }
  }
  return true;
}

// K(x, y) and K(y, x) have the same bits, because rho must be symmetric.
bool IsSymmetric(const CovarianceReference& family, uint64_t seed, int64_t d) {
  Random random(seed);
  constexpr int64_t kPoints = 37;
  const PaddedPoints points(random, kPoints, d);
  std::vector<double> matrix(kPoints * kPoints);
  std::vector<double> point(d);
  for (int64_t i = 0; i < kPoints; ++i) {
    points.CopyPoint(i, point.data());
    CovarianceRow(family.view, points.view, 0, kPoints, point.data(), &matrix[i * kPoints]);
  }
  for (int64_t i = 0; i < kPoints; ++i) {
    for (int64_t j = 0; j < i; ++j) {
      if (!SameBits(matrix[i * kPoints + j], matrix[j * kPoints + i])) {
        return Fail(seed, family.name + ": K depends on the order of its arguments");
      }
    }
  }
  return true;
}

bool AllHold(const TestRun& run) {
  const std::vector<CovarianceReference> families = AllCovariances(1.9);
  return OnEveryTarget([&] {
    for (const CovarianceReference& family : families) {
      for (const int64_t d : {1, 2, 3, 5}) {
        if (!RowsHold(family, run.seed + d, d) || !IsSymmetric(family, run.seed + d, d))
          return false;
      }
    }
    return true;
  });
}

void TestRows(void** state) { assert_true(AllHold(*static_cast<const TestRun*>(*state))); }

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {cmocka_unit_test_prestate(TestRows, &run)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
