// Compares the screen with its condition, one candidate at a time.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "simd/covariance_reference.h"
#include "simd/covariance_row.h"
#include "simd/for_each_target.h"
#include "simd/guarded_array.h"
#include "simd/screen.h"
#include "support/float_text.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::CovarianceRow;
using residual_knn::kScreenSlack;
using residual_knn::PointsView;
using residual_knn::Screen;
using residual_knn::ScreenQuery;
using residual_knn::ScreenSurvivors;
using residual_knn::ScreenTile;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr long double kUnit = 0x1p-53L;
constexpr int64_t kPadding = 8;

// The input of a screen. All arrays have exactly the required length. Values read after the candidates would pass any
// threshold.
struct Scene {
  Scene(Random& random, int64_t points, int64_t dimensions, const CovarianceReference* reference)
      : n(points),
        d(dimensions),
        family(reference),
        coordinates(d * (n + kPadding)),
        inverse_deviation(n + kPadding),
        point(d) {
    for (double& x : coordinates.values()) x = random.Normal();
    for (double& x : point) x = random.Normal();
    for (double& s : inverse_deviation.values()) {
      s = random.Chance(0.05) ? 0.0 : std::exp(random.Uniform(-3, 6));
    }
    for (int64_t i = n; i < n + kPadding; ++i) inverse_deviation[i] = 1e100;
    covariance.assign(n, 0.0);
    product.assign(n, 0.0);
    if (family == nullptr) {
      for (double& k : covariance) k = random.Normal();
    }
    for (double& p : product) p = random.Chance(0.1) ? 0.0 : random.Uniform(-1, 1);
  }

  // Covariances on the target in use, from the function of the canonical score.
  void EvaluateCovariances() {
    if (family == nullptr) return;
    CovarianceRow(family->view, View(), 0, n, point.data(), covariance.data());
  }
  [[nodiscard]] PointsView View() { return {coordinates.data(), n + kPadding, d}; }

  int64_t n;
  int64_t d;
  const CovarianceReference* family;  // null: covariances are given
  GuardedArray<double> coordinates;
  GuardedArray<double> inverse_deviation;
  std::vector<double> point;
  std::vector<double> covariance;
  std::vector<double> product;
};

struct Rule {
  bool signed_ranking = false;
  double error = 0;
  double threshold = 0;
};

double Ranked(const Scene& scene, const Rule& rule, int64_t row) {
  const double residual = scene.covariance[row] - scene.product[row];
  return rule.signed_ranking ? residual : std::abs(residual);
}

struct Survivors {
  std::vector<int64_t> row;
  std::vector<double> score;
  std::vector<double> covariance;

  void Append(const Survivors& other) {
    row.insert(row.end(), other.row.begin(), other.row.end());
    score.insert(score.end(), other.score.begin(), other.score.end());
    covariance.insert(covariance.end(), other.covariance.begin(), other.covariance.end());
  }
  [[nodiscard]] bool SameAs(const Survivors& other) const {
    return row == other.row && SameBits(score, other.score) &&
           SameBits(covariance, other.covariance);
  }
};

// Screens rows [first, first + count); false if memory beyond the documented range was accessed.
bool RunScreen(Scene& scene, const Rule& rule, int64_t first, int64_t count, Survivors& survivors) {
  // A product is read at the place of its candidate; 8 values after the last may be read.
  GuardedArray<double> products(count + kPadding);
  GuardedArray<double> covariances(count + kPadding);
  for (int64_t j = 0; j < count + kPadding; ++j) {
    products[j] = j < count ? scene.product[first + j] : -1e200;
    covariances[j] = j < count ? scene.covariance[first + j] : 1e200;
  }
  // Each output array has another alignment.
  GuardedArray<int64_t> rows(count + kScreenSlack, count % 3);
  GuardedArray<double> scores(count + kScreenSlack, count % 5);
  GuardedArray<double> survivor_covariances(count + kScreenSlack, count % 7);
  ScreenTile tile;
  tile.inverse_deviation = scene.inverse_deviation.data();
  tile.first = first;
  tile.count = count;
  ScreenQuery query;
  query.products = products.data();
  query.signed_ranking = rule.signed_ranking;
  query.error = rule.error;
  query.threshold = rule.threshold;
  if (scene.family == nullptr) {
    query.covariances = covariances.data();
  } else {
    tile.covariance = &scene.family->view;
    tile.points = scene.View();
    query.point = scene.point.data();
  }
  const int64_t found =
      Screen(tile, query, {rows.data(), scores.data(), survivor_covariances.data()});
  if (found < 0 || found > count) return Fail("number of survivors " + std::to_string(found));
  survivors.row.assign(rows.data(), rows.data() + found);
  survivors.score.assign(scores.data(), scores.data() + found);
  survivors.covariance.assign(survivor_covariances.data(), survivor_covariances.data() + found);
  return (rows.Intact() && scores.Intact() && survivor_covariances.Intact()) ||
         Fail("wrote beyond its results");
}

// Whether a row must pass, must not pass, or may do either because of rounding.
enum class Verdict { kSurvives, kDismissed, kEither };

Verdict Judge(Scene& scene, const Rule& rule, int64_t row) {
  const long double s = scene.inverse_deviation[row];
  const long double residual = static_cast<long double>(scene.covariance[row]) - scene.product[row];
  const long double ranked = rule.signed_ranking ? residual : std::abs(residual);
  const long double compared = (ranked + rule.error) * s;
  // Rounding errors of the difference, the sum and the product.
  const long double rounding = 4 * kUnit * (std::abs(ranked) + rule.error) * s;
  if (compared - rounding >= rule.threshold) return Verdict::kSurvives;
  return compared + rounding < rule.threshold ? Verdict::kDismissed : Verdict::kEither;
}

bool IsRight(Scene& scene, const Rule& rule, int64_t first, int64_t count,
             const Survivors& survivors) {
  size_t next = 0;
  for (int64_t row = first; row < first + count; ++row) {
    const bool survived = next < survivors.row.size() && survivors.row[next] == row;
    const Verdict verdict = Judge(scene, rule, row);
    if (survived ? verdict == Verdict::kDismissed : verdict == Verdict::kSurvives) {
      return Fail("row " + std::to_string(row) + (survived ? " survived" : " was dismissed"));
    }
    if (!survived) continue;
    const double score = Ranked(scene, rule, row) * scene.inverse_deviation[row];
    if (!(std::abs(survivors.score[next] - score) <= 2 * 0x1p-53 * std::abs(score))) {
      return Fail("row " + std::to_string(row) + " has the score " + Text(survivors.score[next]) +
                  ", not " + Text(score));
    }
    if (!SameBits(survivors.covariance[next], scene.covariance[row])) {
      return Fail("row " + std::to_string(row) + " has the covariance " +
                  Text(survivors.covariance[next]) + ", not " + Text(scene.covariance[row]));
    }
    ++next;
  }
  // Rows that are not candidates, or not in ascending order, remain.
  return next == survivors.row.size() ||
         Fail("survivor " + std::to_string(survivors.row[next]) + " is out of place");
}

// Thresholds that dismiss none, all, and some candidates, and the score of a candidate as threshold.
Rule DrawRule(Scene& scene, Random& random) {
  const double errors[] = {0.0, 1e-15, 0.3};
  Rule rule{random.Chance(0.5), errors[random.Integer(0, 2)], 0};
  const int64_t row = random.Integer(0, scene.n - 1);
  const double own = (Ranked(scene, rule, row) + rule.error) * scene.inverse_deviation[row];
  const double thresholds[] = {-kInfinity,
                               -1.0,
                               -0.0,
                               0.0,
                               0x1p-1074,
                               0.5,
                               own,
                               std::nextafter(own, kInfinity),
                               random.Uniform(-50, 50),
                               kInfinity};
  rule.threshold = thresholds[random.Integer(0, 9)];
  return rule;
}

std::string Describe(const Scene& scene, const Rule& rule, int64_t first, int64_t count) {
  return (scene.family == nullptr ? "given covariances" : scene.family->name) +
         ", d = " + std::to_string(scene.d) + ", rows [" + std::to_string(first) + ", " +
         std::to_string(first + count) + ") of " + std::to_string(scene.n) + ", " +
         (rule.signed_ranking ? "signed" : "absolute") + ", error " + Text(rule.error) +
         ", threshold " + Text(rule.threshold);
}

bool ScreenHolds(Scene& scene, const Rule& rule, int64_t first, int64_t count) {
  Survivors survivors;
  return (RunScreen(scene, rule, first, count, survivors) &&
          IsRight(scene, rule, first, count, survivors)) ||
         Fail(Describe(scene, rule, first, count));
}

// Tiles of any size and start together give the same result as one tile.
bool SplitHolds(Scene& scene, const Rule& rule, Random& random) {
  Survivors whole;
  if (!RunScreen(scene, rule, 0, scene.n, whole)) return false;
  Survivors joined;
  for (int64_t first = 0; first < scene.n;) {
    const int64_t count = std::min(random.Integer(1, 30), scene.n - first);
    Survivors part;
    if (!RunScreen(scene, rule, first, count, part)) return false;
    joined.Append(part);
    first += count;
  }
  return joined.SameAs(whole) ||
         Fail("another answer in parts: " + Describe(scene, rule, 0, scene.n));
}

// Every dimension with some families, every family with some dimension, and given covariances.
std::vector<std::pair<int64_t, const CovarianceReference*>> Kinds(
    const std::vector<CovarianceReference>& families) {
  std::vector<std::pair<int64_t, const CovarianceReference*>> kinds = {{2, nullptr}};
  for (size_t f = 0; f < families.size(); ++f) {
    for (int64_t d = 1; d <= 6; ++d) {
      if (f < 3 || d == static_cast<int64_t>(f % 6) + 1) kinds.emplace_back(d, &families[f]);
    }
  }
  return kinds;
}

bool RandomScreensHold(const TestRun& run) {
  const std::vector<CovarianceReference> families = AllCovariances(1.3);
  const auto kinds = Kinds(families);
  return OnEveryTarget([&] {
    for (int64_t i = 0; i < run.Scaled(400); ++i) {
      const uint64_t seed = run.seed + i;
      Random random(seed);
      const auto& [d, family] = kinds[seed % kinds.size()];
      Scene scene(random, random.LogInteger(1, 300), d, family);
      scene.EvaluateCovariances();
      for (int repeat = 0; repeat < 12; ++repeat) {
        const Rule rule = DrawRule(scene, random);
        const int64_t first = random.Integer(0, scene.n - 1);
        const int64_t count = random.Integer(0, scene.n - first);
        if (!ScreenHolds(scene, rule, first, count)) return Fail(seed, "screen");
      }
      if (!SplitHolds(scene, DrawRule(scene, random), random)) return Fail(seed, "screen");
    }
    return true;
  });
}

bool EveryLengthHolds(const TestRun& run) {
  const std::vector<CovarianceReference> families = AllCovariances(1);
  return OnEveryTarget([&] {
    Random random(run.seed);
    for (const CovarianceReference* family : {&families[2], &families.back(), {}}) {
      Scene scene(random, 48, 2, family);
      scene.EvaluateCovariances();
      for (int64_t count = 0; count <= 40; ++count) {
        for (int64_t first = 0; first <= 8; ++first) {
          for (const double threshold : {-kInfinity, 0.5}) {
            const Rule rule{random.Chance(0.5), 0, threshold};
            if (!ScreenHolds(scene, rule, first, count)) return Fail(run.seed, "lengths");
          }
        }
      }
    }
    return true;
  });
}

// Degenerate points have score 0 for any covariance, so that they come after all others.
bool DegeneratePointsHold() {
  const std::vector<CovarianceReference> families = AllCovariances(1);
  return OnEveryTarget([&] {
    Random random(1);
    Scene scene(random, 30, 3, &families[0]);
    scene.EvaluateCovariances();
    std::fill_n(scene.inverse_deviation.data(), scene.n, 0.0);
    for (const bool signed_ranking : {false, true}) {
      Survivors survivors;
      if (!RunScreen(scene, {signed_ranking, 1.0, -kInfinity}, 0, scene.n, survivors)) return false;
      const bool zeros = std::all_of(survivors.score.begin(), survivors.score.end(),
                                     [](double score) { return score == 0; });
      if (survivors.row.size() != 30 || !zeros) return Fail("degenerate candidates got lost");
      if (!RunScreen(scene, {signed_ranking, 1.0, 0x1p-1022}, 0, scene.n, survivors)) return false;
      if (!survivors.row.empty()) return Fail("degenerate candidates beat a threshold");
    }
    return true;
  });
}

void TestRandomScreens(void** state) {
  assert_true(RandomScreensHold(*static_cast<const TestRun*>(*state)));
}
void TestLengths(void** state) {
  assert_true(EveryLengthHolds(*static_cast<const TestRun*>(*state)));
}
void TestDegeneratePoints(void**) { assert_true(DegeneratePointsHold()); }

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestRandomScreens, &run),
      cmocka_unit_test_prestate(TestLengths, &run),
      cmocka_unit_test(TestDegeneratePoints),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
