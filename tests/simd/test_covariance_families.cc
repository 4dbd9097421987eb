// Compares each covariance family with its definition in long double.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "simd/covariance_reference.h"
#include "simd/covariance_row.h"
#include "simd/for_each_target.h"
#include "support/float_text.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::CovarianceRow;
using residual_knn::PointsView;

constexpr double kUnit = 0x1p-53;
// Below 1e-308 the exponential is 0. The polynomials of the Matern families are below 1e8 there.
constexpr long double kVanishing = 1e-300L;
constexpr long double kSmallestNormal = std::numeric_limits<double>::min();

// Points in the layout of the library, with the exact squared distances to one of them.
struct Cloud {
  int64_t dimensions = 0;
  std::vector<double> values;  // dimension-major
  std::vector<double> center;
  std::vector<long double> r2;

  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(r2.size()); }
  [[nodiscard]] int64_t stride() const { return size() + 8; }
  [[nodiscard]] PointsView view() const { return {values.data(), stride(), dimensions}; }
};

Cloud DrawCloud(Random& random, int64_t dimensions, int64_t n) {
  Cloud cloud;
  cloud.dimensions = dimensions;
  cloud.r2.assign(n, 0);
  cloud.values.assign(cloud.stride() * dimensions, 0.0);
  // In one dimension, from the origin: no rounding before the square.
  cloud.center.assign(dimensions, 0.0);
  if (dimensions > 1) {
    for (double& x : cloud.center) x = random.Normal();
  }
  for (int64_t j = 0; j < n; ++j) {
    // From practically coincident points to distances at which every family is 0.
    const double r = random.Chance(0.2) ? std::pow(10, random.Uniform(-160, 138))
                                        : std::pow(10, random.Uniform(-9, 3));
    for (int64_t c = 0; c < dimensions; ++c) {
      const double x = cloud.center[c] + (j == 0 ? 0 : r * random.Uniform(-1, 1));
      cloud.values[c * cloud.stride() + j] = x;
      const long double difference = static_cast<long double>(x) - cloud.center[c];
      cloud.r2[j] += difference * difference;
    }
  }
  return cloud;
}

// The right value of the family for each point, and the allowed error.
struct Expected {
  std::vector<long double> value;
  std::vector<long double> tolerance;
};

Expected Expect(const CovarianceReference& family, const Cloud& cloud) {
  Expected expected;
  // The squared distance has a rounding for each difference, square and sum.
  const auto roundings_of_r2 = static_cast<double>(cloud.dimensions + 2);
  for (const long double r2 : cloud.r2) {
    const long double correlation = family.correlation(r2);
    const long double t = family.condition(r2);
    const long double from_r2 = roundings_of_r2 * t;
    const long double relative = (family.fixed + family.per_condition * t + from_r2) * kUnit;
    const long double absolute = family.absolute + from_r2 * kUnit * correlation;
    long double tolerance = relative * correlation;
    if (family.absolute > 0) tolerance = std::min(tolerance, absolute);
    const long double value = correlation * family.view.variance;
    if (std::min(correlation, value) < 1e-300L) tolerance = kVanishing;
    expected.value.push_back(value);
    // The product with the variance may be too small for a normal number as well.
    expected.tolerance.push_back(
        std::max<long double>(tolerance * family.view.variance, kSmallestNormal));
  }
  return expected;
}

bool Agrees(const CovarianceReference& family, const Cloud& cloud, const Expected& expected,
            long double& worst) {
  std::vector<double> found(cloud.size());
  CovarianceRow(family.view, cloud.view(), 0, cloud.size(), cloud.center.data(), found.data());
  for (int64_t j = 0; j < cloud.size(); ++j) {
    const long double error = std::abs(found[j] - expected.value[j]);
    worst = std::max(worst, error / expected.tolerance[j]);
    if (!(error <= expected.tolerance[j])) {
      return Fail(family.name + " in " + std::to_string(cloud.dimensions) +
                  " dimensions at r2 = " + Text(static_cast<double>(cloud.r2[j])) + ": " +
                  Text(found[j]) + " is off by " + Text(static_cast<double>(error)) + ", allowed " +
                  Text(static_cast<double>(expected.tolerance[j])));
    }
  }
  return true;
}

bool FamiliesAgree(const TestRun& run) {
  for (const double variance : {1.0, 3.7e5, 1e-140, 1e140}) {
    for (const CovarianceReference& family : AllCovariances(variance)) {
      std::vector<Cloud> clouds;
      std::vector<Expected> expected;
      Random random(run.seed);
      for (int64_t d = 1; d <= 6; ++d) {
        clouds.push_back(DrawCloud(random, d, run.Scaled(d == 1 ? 4000 : 400)));
        expected.push_back(Expect(family, clouds.back()));
      }
      long double worst = 0;
      const bool agree = OnEveryTarget([&] {
        for (size_t i = 0; i < clouds.size(); ++i) {
          if (!Agrees(family, clouds[i], expected[i], worst)) return false;
        }
        return true;
      });
      std::printf("%s, variance %g: largest error %.3Lf of what is allowed\n", family.name.c_str(),
                  variance, worst);
      if (!agree) return Fail(run.seed, family.name);
    }
  }
  return true;
}

// K(x, x) is the variance itself, and nothing exceeds it by more than rounding.
bool VarianceIsReached(const TestRun& run) {
  return OnEveryTarget([&] {
    Random random(run.seed);
    for (const CovarianceReference& family : AllCovariances(0.7)) {
      const Cloud cloud = DrawCloud(random, 3, 100);
      std::vector<double> found(cloud.size());
      CovarianceRow(family.view, cloud.view(), 0, cloud.size(), cloud.center.data(), found.data());
      if (!SameBits(found[0], 0.7)) return Fail(family.name + ": K(x, x) = " + Text(found[0]));
      for (const double value : found) {
        if (!(value >= 0 && value <= 0.7 * (1 + 4 * kUnit))) {
          return Fail(run.seed, family.name + ": covariance " + Text(value));
        }
      }
    }
    return true;
  });
}

void TestFamilies(void** state) {
  assert_true(FamiliesAgree(*static_cast<const TestRun*>(*state)));
}
void TestVariance(void** state) {
  assert_true(VarianceIsReached(*static_cast<const TestRun*>(*state)));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestFamilies, &run),
      cmocka_unit_test_prestate(TestVariance, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
