// Answers where a margin is used up: problems on which a search that allowed a little less for rounding, or bounded a little
// less, would lose a neighbor.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

bool SameAnswers(const residual_knn_index* index, const Question& question) {
  Manner manner;
  manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  const Answer expected = Ask(index, question, manner);
  if (expected.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  for (const int32_t strategy : kAllStrategies) {
    manner.strategy = strategy;
    const Answer answer = Ask(index, question, manner);
    if (strategy > RESIDUAL_KNN_BRUTE_FORCE && answer.statistics.blocks_dismissed == 0) {
      return Fail("no tree");
    }
    if (!answer.SameAs(expected)) {
      return Fail(std::string("another answer than brute force by ") +
                  residual_knn_strategy_name(strategy));
    }
  }
  return true;
}

// ------------------------------------------------------------------------- points of a leaf

// Clusters on a line, no inducing points. Where the tree cuts through a cluster, a query and its nearest point may be in
// different leaves; their correlation is 1 but for 1e-9, and so is the bound on the pair. Clusters are so near to each other
// that the pivot of one may explain all but 0.3 of the next, and that much of the bound is outside the span of the pivots.
bool TwinsHold(uint64_t seed) {
  Random random(seed);
  constexpr int64_t kRows = 4096;
  Model model;
  model.kernel.family =
      random.Chance(0.5) ? RESIDUAL_KNN_SQUARED_EXPONENTIAL : RESIDUAL_KNN_MATERN32;
  model.kernel.lengthscales = {1.0};
  model.points = {kRows, 1, {}};
  const double gap = random.Uniform(0.2, 0.6);
  const int64_t size = random.Integer(20, 60);
  for (const int64_t i : RandomPermutation(random, kRows)) {
    model.points.values.push_back(gap * static_cast<double>(i / size) + 1e-5 * random.Normal());
  }
  residual_knn_model_options options = ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, 1);
  options.factor_error = 1e-15;  // without V there is none, but trees want a promise
  const std::vector<double> p(kRows, 1.0);
  residual_knn_index* index = nullptr;
  if (residual_knn_index_create_from_factor(nullptr, 0, p.data(), model.points.values.data(), kRows,
                                            1, model.kernel.lengthscales.data(), 1, &options,
                                            &index) != RESIDUAL_KNN_OK) {
    return Fail(seed, residual_knn_last_error());
  }
  const IndexHandle handle(index);
  Question question;
  question.rows.resize(kRows);
  std::iota(question.rows.begin(), question.rows.end(), int64_t{0});
  return SameAnswers(index, question) || Fail(seed, "clusters of " + std::to_string(size));
}

void TestTwins(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  for (int64_t i = 0; i < run.Scaled(6); ++i) {
    assert_true(TwinsHold(run.seed + static_cast<uint64_t>(i)));
  }
}

// ------------------------------------------------------------------------- scans in integers

// Entries of V; a power of two, for which the library's rotation before it rounds V to integers is a normalized
// Hadamard transform, its own inverse.
constexpr int64_t kEntries = 64;

void Rotate(double* v) {
  for (int64_t half = 1; half < kEntries; half *= 2) {
    for (int64_t begin = 0; begin < kEntries; begin += 2 * half) {
      for (int64_t i = begin; i < begin + half; ++i) {
        const double a = v[i];
        const double b = v[i + half];
        v[i] = a + b;
        v[i + half] = a - b;
      }
    }
  }
  for (int64_t e = 0; e < kEntries; ++e) v[e] /= std::sqrt(static_cast<double>(kEntries));
}

// In steps of 16 bits, 46000 of which are the norm: entries of this fraction, so that each is off by the same after
// rounding; the last makes up the norm.
std::vector<double> StepsOf(Random& random, double fraction) {
  constexpr double kNorm = 46000;
  std::vector<double> steps;
  double square = 0;
  for (int64_t e = 0; e + 1 < kEntries; ++e) {
    steps.push_back(static_cast<double>(random.Integer(5600, 5800)) + fraction);
    square += steps.back() * steps.back();
  }
  steps.push_back(std::sqrt(kNorm * kNorm - square));
  return steps;
}

// Two rows whose products with a query are off by all that the margin allows, the one up, the other down: they seem to be
// in the wrong order by more than half of their margins together.
bool WrongOrderIsSeenThrough(uint64_t seed) {
  Random random(seed);
  constexpr int64_t kRows = 3000;
  constexpr double kNorm = 0.9;
  constexpr double kStep = kNorm / 46000;
  std::vector<double> signs;
  for (int64_t e = 0; e < kEntries; ++e) signs.push_back(random.Chance(0.5) ? 1 : -1);
  const std::vector<double> near = StepsOf(random, 0.45);
  const std::vector<double> next = StepsOf(random, 0.55);
  // In steps: what the product with the signs is off by, and by how much the nearer row is ahead.
  const double off = 0.45 * static_cast<double>(kEntries);
  const double ahead = std::accumulate(near.begin(), near.end(), 0.0) - 0.1 * off;
  const double scale = ahead / std::accumulate(next.begin(), next.end(), 0.0);
  Model model;
  model.kernel.family = RESIDUAL_KNN_MATERN32;
  model.kernel.lengthscales = {1.0};
  model.points = RandomPoints(random, Shape::kUniform, kRows, 2);
  for (double& x : model.points.values) x *= 100;
  FactorCopy factor;
  factor.m = kEntries;
  factor.p.assign(kRows, 1 - kNorm * kNorm);
  const int64_t row_of_near = random.Integer(1000, kRows - 1);
  const int64_t row_of_next = random.Integer(0, 999);
  for (int64_t i = 0; i < kRows; ++i) {
    std::vector<double> v(kEntries);
    double square = 0;
    for (int64_t e = 0; e < kEntries; ++e) {
      v[e] = random.Normal();
      if (i == row_of_near) v[e] = signs[e] * near[e];
      if (i == row_of_next) v[e] = signs[e] * next[e];
      square += v[e] * v[e];
    }
    for (double& x : v) {
      x *= i == row_of_near ? kStep : i == row_of_next ? kStep * scale : kNorm / std::sqrt(square);
    }
    Rotate(v.data());
    factor.v.insert(factor.v.end(), v.begin(), v.end());
  }
  const CreatedIndex created = CreateIndexFromFactor(model, factor);
  if (created.status != RESIDUAL_KNN_OK) return Fail(seed, residual_knn_last_error());
  // Far from all rows, where the covariance is 0; as often as a scan in integers wants queries.
  constexpr int64_t kQueries = 100;
  std::vector<double> query = signs;
  for (double& x : query) x *= kNorm / std::sqrt(static_cast<double>(kEntries));
  Rotate(query.data());
  Question question;
  question.kind = QueryKind::kNewFactor;
  question.query_factor.m = kEntries;
  question.queries = {kQueries, 2, {}};
  for (int64_t q = 0; q < kQueries; ++q) {
    question.query_factor.v.insert(question.query_factor.v.end(), query.begin(), query.end());
    question.query_factor.p.push_back(4);
    question.queries.values.insert(question.queries.values.end(), {5000.0, static_cast<double>(q)});
  }
  Manner manner;
  manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  const Answer answer = Ask(created.index.get(), question, manner);
  if (answer.status != RESIDUAL_KNN_OK) return Fail(seed, residual_knn_last_error());
  if (answer.statistics.scored_in_low_precision == 0) return Fail(seed, "no scan in integers");
  for (const int64_t neighbor : answer.neighbors) {
    if (neighbor != row_of_near) {
      return Fail(seed, "row " + std::to_string(neighbor) + " instead of " +
                            std::to_string(row_of_near) + "; the other is " +
                            std::to_string(row_of_next));
    }
  }
  return true;
}

void TestWrongOrder(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  for (int64_t i = 0; i < run.Scaled(10); ++i) {
    assert_true(WrongOrderIsSeenThrough(run.seed + static_cast<uint64_t>(i)));
  }
}

// ------------------------------------------------------------------------- inducing points

// Centers of k-means are where the points are, however far that is from 0: inside their box, and m of them.
void TestCentersAmongPoints(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  Points points = RandomPoints(random, Shape::kUniform, 500, 2);
  const double middle[] = {3e4, -700};
  for (int64_t i = 0; i < points.n; ++i) {
    for (int64_t c = 0; c < 2; ++c) points(i, c) += middle[c];
  }
  const double lengthscales[] = {0.3, 0.05};
  for (const int32_t layout : {RESIDUAL_KNN_POINT_MAJOR, RESIDUAL_KNN_DIMENSION_MAJOR}) {
    residual_knn_helper_options options = HelperOptions();
    options.layout = layout;
    const std::vector<double> given = ToLayout(points.values, points.n, 2, layout);
    std::vector<double> chosen(2 * 40);
    assert_int_equal(residual_knn_choose_inducing(given.data(), points.n, 2, lengthscales, 2,
                                                  RESIDUAL_KNN_KMEANS, 40, &options, chosen.data()),
                     RESIDUAL_KNN_OK);
    const std::vector<double> centers = FromLayout(chosen, 40, 2, layout);
    for (size_t i = 0; i < centers.size(); ++i) {
      const double place = centers[i] - middle[i % 2];
      assert_true(place > 0 && place < 1);
    }
  }
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestTwins, &run),
      cmocka_unit_test_prestate(TestWrongOrder, &run),
      cmocka_unit_test_prestate(TestCentersAmongPoints, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
