// Compares rows of residual correlations with their definition in long double: every family, products in double and in
// single precision, every length, and no access beyond the documented range.
#include <cmath>
#include <string>
#include <vector>

#include "simd/covariance_reference.h"
#include "simd/for_each_target.h"
#include "simd/guarded_array.h"
#include "simd/residual_row.h"
#include "support/float_text.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualCases = 40;
constexpr int64_t kRoom = 8;
constexpr long double kUnit = 0x1p-53L;

struct Scene {
  Scene(Random& random, int64_t points, int64_t dimensions, const CovarianceReference& reference)
      : count(points),
        d(dimensions),
        family(reference),
        coordinates(dimensions * (points + kRoom)),
        scales(points + kRoom),
        point(static_cast<size_t>(dimensions)),
        scale(std::exp(random.Uniform(-2, 5))) {
    for (double& x : coordinates.values()) x = random.Normal();
    for (double& x : point) x = random.Normal();
    for (double& x : scales.values()) {
      x = random.Chance(0.1) ? 0 : std::exp(random.Uniform(-2, 5));
    }
    // A duplicate, whose squared distance is 0.
    for (int64_t c = 0; c < d && count > 0; ++c) coordinates[c * (count + kRoom)] = point[c];
  }

  int64_t count;
  int64_t d;
  const CovarianceReference& family;
  GuardedArray<double> coordinates;
  GuardedArray<double> scales;
  std::vector<double> point;
  double scale;
};

template <class Product>
bool RowHolds(Random& random, Scene& scene) {
  const int64_t count = scene.count;
  const int64_t stride = count + kRoom;
  GuardedArray<Product> products(count + kRoom);
  for (Product& x : products.values()) {
    x = static_cast<Product>(scene.family.view.variance * random.Uniform(-1, 1));
  }
  GuardedArray<double> out(count + kRoom, random.Integer(0, 8));
  residual_knn::ResidualRow(
      scene.family.view, {scene.point.data(), scene.scale},
      {{scene.coordinates.data(), stride, scene.d}, scene.scales.data(), count}, products.data(),
      out.data());
  if (!out.Intact()) return Fail("wrote beyond its results");
  for (int64_t j = 0; j < count; ++j) {
    long double square = 0;
    for (int64_t c = 0; c < scene.d; ++c) {
      const long double difference =
          static_cast<long double>(scene.point[c]) - scene.coordinates[c * stride + j];
      square += difference * difference;
    }
    const long double variance = scene.family.view.variance;
    const long double k = variance * scene.family.correlation(square);
    const long double residual = k - static_cast<long double>(products[j]);
    const long double factor = static_cast<long double>(scene.scale) * scene.scales[j];
    // The squared distance has d + 2 rounding errors; the reference gives the error of the family.
    const long double t = scene.family.condition(square);
    const long double relative =
        scene.family.fixed + (scene.family.per_condition + static_cast<double>(scene.d + 2)) * t;
    const long double allowed =
        (relative * kUnit * k + scene.family.absolute * variance + 4 * kUnit * std::abs(residual)) *
        factor;
    if (!(std::abs(out[j] - residual * factor) <= allowed)) {
      return Fail("entry " + std::to_string(j) + " is " + Text(out[j]) + ", not " +
                  Text(static_cast<double>(residual * factor)));
    }
  }
  return true;
}

bool CaseHolds(uint64_t seed, const CovarianceReference& family, int64_t d) {
  Random random(seed);
  Scene scene(random, random.Integer(0, 50), d, family);
  return (RowHolds<double>(random, scene) && RowHolds<float>(random, scene)) ||
         Fail(seed, family.name + ", d = " + std::to_string(d) + ", " +
                        std::to_string(scene.count) + " points");
}

void TestRows(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  const std::vector<CovarianceReference> families = AllCovariances(1.7);
  assert_true(OnEveryTarget([&] {
    uint64_t seed = run.seed;
    for (const CovarianceReference& family : families) {
      for (int64_t i = 0; i < run.Scaled(kUsualCases); ++i) {
        if (!CaseHolds(seed++, family, i % 4 + 1)) return false;
      }
    }
    return true;
  }));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {cmocka_unit_test_prestate(TestRows, &run)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
