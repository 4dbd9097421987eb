// Compares the screen after a quantized product with its condition, one candidate at a time in long double, for every
// family, dimension and ranking. The rounding error of the screen must stay below (d + 24) 2^-24 of the magnitudes, as
// the margins of a quantized factor assume. Within this distance of the threshold, a candidate may pass or not.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "simd/covariance_reference.h"
#include "simd/for_each_target.h"
#include "simd/guarded_array.h"
#include "simd/screen_quantized.h"
#include "support/float_text.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::QuantizedQuery;
using residual_knn::QuantizedTile;
using residual_knn::ScreenQuantized;

constexpr int64_t kUsualCases = 300;
constexpr int64_t kSlack = 16;
constexpr int64_t kMostDimensions = 7;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Candidates with either result must be rare, otherwise the test is too weak.
struct Tally {
  int64_t candidates = 0;
  int64_t undecided = 0;
  int64_t passed = 0;
  double largest_share = 0;  // error of a score divided by the allowed error
};

float Float(double x) { return static_cast<float>(x); }

// Arrays have exactly the required length. Values read after the candidates would pass any threshold.
struct Scene {
  Scene(Random& random, int64_t points, int64_t dimensions, const CovarianceReference& reference)
      : n(points),
        d(dimensions),
        stride(points + random.Integer(0, 3)),
        family(reference),
        coordinates((dimensions - 1) * stride + points + kSlack),
        scales(points + kSlack),
        steps(points + kSlack),
        rests(points + kSlack),
        norms(points + kSlack),
        point(static_cast<size_t>(dimensions)),
        products(static_cast<size_t>(points)) {
    const double variance = family.view.variance;
    const double extent = std::exp(random.Uniform(-4, 2));
    for (float& x : point) x = Float(extent * random.Normal());
    for (float& x : coordinates.values()) x = Float(extent * random.Normal());
    for (int64_t j = 0; j < n; ++j) {
      // At the place of the point, and so far away that covariances underflow.
      const double kind = random.Uniform();
      for (int64_t c = 0; c < d && kind < 0.15; ++c) {
        coordinates[c * stride + j] = kind < 0.1 ? point[c] : Float(9e3 * random.Normal());
      }
    }
    const std::array<int64_t, 3> sizes = {100, 1 << 20, std::numeric_limits<int32_t>::max()};
    const int64_t largest = sizes[static_cast<size_t>(random.Integer(0, 2))];
    step = Float(std::sqrt(variance) / static_cast<double>(largest) * random.Uniform(0.5, 2));
    norm = Float(std::sqrt(variance) * random.Uniform());
    rest = norm * Float(0.01 * random.Uniform());
    // Either of its two bounds can be the smaller one.
    covariance_error = Float(variance * std::exp(random.Uniform(-14, 0)));
    covariance_rate = Float(std::exp(random.Uniform(-14, -1)));
    covariance_floor = Float(variance * 1e-20 * random.Uniform());
    const bool exact = random.Chance(0.3);
    if (exact) norm = rest = covariance_error = covariance_rate = covariance_floor = 0;
    const double root = std::sqrt(variance);
    for (int64_t j = 0; j < n + kSlack; ++j) {
      const bool real = j < n;
      const double s = std::exp(random.Uniform(-0.1, 4)) / root;
      scales[j] = real ? (random.Chance(0.1) ? kNaN : random.Chance(0.1) ? 0 : Float(s)) : 1e30F;
      steps[j] = real ? Float(root * random.Uniform(0.5, 2)) : 0;
      norms[j] = real ? Float(root * random.Uniform()) : 1e30F;
      rests[j] = real ? norms[j] * Float(0.01 * random.Uniform()) : 1e30F;
    }
    for (int32_t& x : products) {
      x = static_cast<int32_t>(random.Chance(0.1) ? 0 : random.Integer(-largest, largest));
    }
  }

  [[nodiscard]] long double Error(int64_t j) {
    const long double of_covariance =
        std::min(static_cast<long double>(covariance_error),
                 static_cast<long double>(covariance_rate) * Covariance(j) +
                     static_cast<long double>(covariance_floor));
    return of_covariance + static_cast<long double>(norm) * static_cast<long double>(rests[j]) +
           static_cast<long double>(rest) * static_cast<long double>(norms[j]);
  }
  [[nodiscard]] long double Product(int64_t j) {
    return static_cast<long double>(products[j]) * static_cast<long double>(step) *
           static_cast<long double>(steps[j]);
  }
  [[nodiscard]] long double Covariance(int64_t j) {
    long double square = 0;
    for (int64_t c = 0; c < d; ++c) {
      const long double difference = static_cast<long double>(point[c]) -
                                     static_cast<long double>(coordinates[c * stride + j]);
      square += difference * difference;
    }
    return static_cast<long double>(family.view.variance) * family.correlation(square);
  }
  [[nodiscard]] long double Ranked(int64_t j, bool signed_ranking) {
    const long double residual = Covariance(j) - Product(j);
    return signed_ranking ? residual : std::abs(residual);
  }
  // The rounding error of R and of its error bound together.
  [[nodiscard]] long double Rounding(int64_t j) {
    const long double magnitude =
        static_cast<long double>(family.view.variance) + std::abs(Product(j));
    const long double rate = 1 + static_cast<long double>(covariance_rate);
    return 0x1p-24L * (rate * static_cast<long double>(d + 24) * magnitude + 8 * Error(j));
  }

  int64_t n;
  int64_t d;
  int64_t stride;
  const CovarianceReference& family;
  GuardedArray<float> coordinates;
  GuardedArray<float> scales;
  GuardedArray<float> steps;
  GuardedArray<float> rests;
  GuardedArray<float> norms;
  std::vector<float> point;
  std::vector<int32_t> products;
  float step = 0;
  float norm = 0;
  float rest = 0;
  float covariance_error = 0;
  float covariance_rate = 0;
  float covariance_floor = 0;
};

struct Rule {
  bool signed_ranking = false;
  float threshold = 0;
};

// One candidate and, if it passed, its score.
bool CandidateHolds(Scene& scene, const Rule& rule, int64_t j, const float* score, Tally& tally) {
  ++tally.candidates;
  tally.passed += score != nullptr ? 1 : 0;
  const std::string name = "row " + std::to_string(j);
  const float s = scene.scales[j];
  if (std::isnan(s)) return score == nullptr || Fail(name + " has no scale and passed");
  const long double ranked = scene.Ranked(j, rule.signed_ranking);
  const auto scale = static_cast<long double>(s);
  // The product with the scale has one more rounding error.
  const long double slack =
      (scene.Rounding(j) + 0x1p-24L * (std::abs(ranked) + scene.Error(j))) * scale;
  const long double gap =
      (ranked + scene.Error(j)) * scale - static_cast<long double>(rule.threshold);
  if (s > 0 && std::abs(gap) <= slack) {
    ++tally.undecided;
  } else if ((gap >= 0) != (score != nullptr)) {
    return Fail(name + (score != nullptr ? " passed" : " was dismissed") + ", " +
                Text(static_cast<double>(gap)) + " from the threshold");
  }
  if (score == nullptr) return true;
  if (s == 0) return *score == 0 || Fail(name + " has scale 0 and another score");
  const auto share =
      static_cast<double>(std::abs(static_cast<long double>(*score) - ranked * scale) / slack);
  tally.largest_share = std::max(tally.largest_share, share);
  return share <= 1 || Fail(name + " has the score " + Text(static_cast<double>(*score)) +
                            ", not " + Text(static_cast<double>(ranked * scale)));
}

bool ScreenHolds(Scene& scene, const Rule& rule, int64_t first, int64_t count, Tally& tally) {
  GuardedArray<int32_t> products(count + kSlack);
  for (int64_t j = 0; j < count + kSlack; ++j) {
    products[j] = j < count ? scene.products[first + j] : std::numeric_limits<int32_t>::max();
  }
  GuardedArray<int32_t> rows(count + kSlack, count % 3);
  GuardedArray<float> scores(count + kSlack, count % 5);
  QuantizedTile tile;
  tile.covariance = &scene.family.view;
  tile.coordinates = scene.coordinates.data();
  tile.stride = scene.stride;
  tile.dimensions = scene.d;
  tile.inverse_deviations = scene.scales.data();
  tile.steps = scene.steps.data();
  tile.rests = scene.rests.data();
  tile.norms = scene.norms.data();
  tile.first = first;
  tile.count = count;
  QuantizedQuery query;
  query.point = scene.point.data();
  query.products = products.data();
  query.step = scene.step;
  query.norm = scene.norm;
  query.rest = scene.rest;
  query.covariance_error = scene.covariance_error;
  query.covariance_rate = scene.covariance_rate;
  query.covariance_floor = scene.covariance_floor;
  query.signed_ranking = rule.signed_ranking;
  query.threshold = rule.threshold;
  const int64_t found = ScreenQuantized(tile, query, rows.data(), scores.data());
  if (found < 0 || found > count) return Fail(std::to_string(found) + " candidates passed");
  if (!rows.Intact() || !scores.Intact()) return Fail("wrote beyond its results");
  int64_t next = 0;
  for (int64_t row = first; row < first + count; ++row) {
    const bool passed = next < found && rows[next] == row;
    if (!CandidateHolds(scene, rule, row, passed ? &scores[next] : nullptr, tally)) return false;
    next += passed ? 1 : 0;
  }
  return next == found || Fail("row " + std::to_string(rows[next]) + " is out of place");
}

// Thresholds that dismiss none, all, and some candidates.
Rule DrawRule(Scene& scene, Random& random) {
  Rule rule{random.Chance(0.5), 0};
  const int64_t row = random.Integer(0, scene.n - 1);
  const long double scale = scene.scales[row] > 0 ? static_cast<long double>(scene.scales[row]) : 1;
  const auto own =
      static_cast<double>((scene.Ranked(row, rule.signed_ranking) + scene.Error(row)) * scale);
  const std::array<float, 8> thresholds = {
      -kInfinity,         Float(-own),       0.0F,     -0.0F, Float(own),
      Float(own * 0.999), Float(own * 1.01), kInfinity};
  rule.threshold = thresholds[static_cast<size_t>(random.Integer(0, 7))];
  return rule;
}

std::vector<CovarianceReference> Families() {
  std::vector<CovarianceReference> families;
  for (const double variance : {1.3, 2e-11, 3e11}) {
    for (const CovarianceReference& family : AllCovariances(variance)) {
      if (residual_knn::CanScreenQuantized(family.view)) families.push_back(family);
    }
  }
  return families;
}

bool CaseHolds(uint64_t seed, const CovarianceReference& family, int64_t d, Tally& tally) {
  Random random(seed);
  Scene scene(random, random.LogInteger(1, 200), d, family);
  for (int repeat = 0; repeat < 8; ++repeat) {
    const Rule rule = DrawRule(scene, random);
    const int64_t first = random.Integer(0, scene.n - 1);
    const int64_t count = random.Integer(0, scene.n - first);
    if (ScreenHolds(scene, rule, first, count, tally)) continue;
    return Fail(seed, family.name + ", variance " + Text(family.view.variance) +
                          ", d = " + std::to_string(d) + ", rows [" + std::to_string(first) + ", " +
                          std::to_string(first + count) + "), " +
                          (rule.signed_ranking ? "signed" : "absolute") + ", threshold " +
                          Text(static_cast<double>(rule.threshold)));
  }
  return true;
}

void TestRandomScreens(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  const std::vector<CovarianceReference> families = Families();
  const auto kinds = static_cast<int64_t>(families.size()) * kMostDimensions;
  assert_true(OnEveryTarget([&] {
    Tally tally;
    // Every family with every dimension at least once.
    for (int64_t i = 0; i < std::max(run.Scaled(kUsualCases), kinds); ++i) {
      const auto& family = families[static_cast<size_t>(i / kMostDimensions) % families.size()];
      if (!CaseHolds(run.seed + static_cast<uint64_t>(i), family, i % kMostDimensions + 1, tally)) {
        return false;
      }
    }
    std::printf("%lld candidates, %lld passed, %lld undecided; errors up to %.2f of the bound\n",
                static_cast<long long>(tally.candidates), static_cast<long long>(tally.passed),
                static_cast<long long>(tally.undecided), tally.largest_share);
    return (tally.undecided * 50 < tally.candidates && tally.passed * 5 > tally.candidates &&
            tally.passed * 5 < 4 * tally.candidates) ||
           Fail("too few candidates were decided, passed or dismissed");
  }));
}

// Every count and start, on both sides of a whole vector.
void TestLengths(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  const std::vector<CovarianceReference> families = AllCovariances(1);
  assert_true(OnEveryTarget([&] {
    Random random(run.seed);
    Tally tally;
    Scene scene(random, 48, 2, families[2]);
    for (int64_t count = 0; count <= 40; ++count) {
      for (int64_t first = 0; first <= 8; ++first) {
        for (const float threshold : {-kInfinity, 0.5F}) {
          if (!ScreenHolds(scene, {random.Chance(0.5), threshold}, first, count, tally)) {
            return Fail(run.seed, "rows from " + std::to_string(first) + ", " +
                                      std::to_string(count) + " of them");
          }
        }
      }
    }
    return true;
  }));
}

// All families except the table of a general Matern.
void TestFamilies(void** /*state*/) {
  for (const CovarianceReference& family : AllCovariances(1)) {
    const bool has_table = family.view.family == residual_knn::CovarianceFamily::kMaternTable;
    assert_true(residual_knn::CanScreenQuantized(family.view) == !has_table);
  }
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestRandomScreens, &run),
      cmocka_unit_test_prestate(TestLengths, &run),
      cmocka_unit_test(TestFamilies),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
