// A bad value affects its own row only. Fill values and outliers in one or many rows of points, inducing points or
// queries do not change the neighbors and distances of the sound rows. Brute force still works in low precision, the
// tree still dismisses, and inducing points and orderings do not change.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr double kBadValues[] = {1e10, 1e20, 9.97e36, -3.4e38, 1e100, -9999};

Points Normal(Random& random, int64_t n, int64_t d, double center) {
  Points points{n, d, {}};
  for (int64_t i = 0; i < n * d; ++i) points.values.push_back(center + random.Normal());
  return points;
}

Model ModelOf(Points points, double lengthscale, Points inducing) {
  Model model;
  model.kernel.lengthscales = {lengthscale};
  model.points = std::move(points);
  model.inducing = std::move(inducing);
  // At inducing points, p would be the jitter, so a difference of 1e-16 would become 1e-8.
  model.nugget = 0.1;
  return model;
}

// Sound points come first, so that row numbers are the same with and without the bad rows.
Points WithBadRows(Random& random, const Points& sound, int64_t bad, double value,
                   bool all_columns) {
  Points points = sound;
  for (int64_t b = 0; b < bad; ++b) {
    const int64_t like = random.Integer(0, sound.n - 1);
    const int64_t column = random.Integer(0, sound.d - 1);
    for (int64_t c = 0; c < sound.d; ++c) {
      points.values.push_back(all_columns || c == column ? value : sound(like, c));
    }
    ++points.n;
  }
  return points;
}

Question SoundRows(int64_t n, int32_t k, QueryKind kind) {
  Question question;
  question.kind = kind;
  question.k = k;
  for (int64_t i = 0; i < n; ++i) question.rows.push_back(i);
  return question;
}

// Compares neighbors, and distances up to the last digits. Distances near 0 amplify errors, so their squares are
// compared.
bool IsSame(const Answer& answer, const Answer& expected, double tolerance,
            const std::string& name) {
  if (answer.status != RESIDUAL_KNN_OK || expected.status != RESIDUAL_KNN_OK) {
    return Fail(name + ": " + residual_knn_last_error());
  }
  for (size_t i = 0; i < expected.neighbors.size(); ++i) {
    const double a = answer.distances[i];
    const double b = expected.distances[i];
    // Ties broken by rounding may change places; then the distances are equal up to rounding.
    const bool close = a == b || std::abs(a * a - b * b) <= tolerance;
    if (!close || (answer.neighbors[i] != expected.neighbors[i] && a != b &&
                   std::abs(a * a - b * b) > tolerance)) {
      return Fail(name + ": place " + std::to_string(i) + " holds row " +
                  std::to_string(answer.neighbors[i]) + " at " + std::to_string(a) + ", not row " +
                  std::to_string(expected.neighbors[i]) + " at " + std::to_string(b));
    }
  }
  return true;
}

int64_t DifferentRows(const Answer& answer, const Answer& expected) {
  int64_t count = 0;
  for (size_t i = 0; i < expected.neighbors.size(); ++i) {
    count += answer.neighbors[i] == expected.neighbors[i] ? 0 : 1;
  }
  return count;
}

void TestSoundRowsKeepTheirNeighbors(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  for (const double value : kBadValues) {
    for (const int64_t d : {1, 2, 3}) {
      for (const int64_t bad : {1, 3, 60}) {
        for (const double center : {0.0, 4.5e6}) {
          const Points sound = Normal(random, 120, d, center);
          const Points inducing = RandomRowsOf(random, sound, bad == 3 ? 0 : 8);
          Model model = ModelOf(sound, 0.5, inducing);
          const CreatedIndex without = CreateIndex(model);
          // Inducing points that are rows of the points may include bad rows.
          const bool in_inducing = bad == 1 && inducing.n > 0;
          model.points = WithBadRows(random, sound, bad, value, bad == 60);
          if (in_inducing) {
            for (int64_t c = 0; c < d; ++c) {
              model.inducing.values.push_back(model.points(sound.n, c));
            }
            ++model.inducing.n;
          }
          const CreatedIndex with = CreateIndex(model);
          const std::string name = std::to_string(value) + ", d " + std::to_string(d) + ", bad " +
                                   std::to_string(bad) + ", center " + std::to_string(center);
          // Whether -9999 is near to rows around 0 depends on the lengthscale. Here it is too far from all rows.
          Question question = SoundRows(sound.n, 5, QueryKind::kPredecessors);
          const Answer expected = Ask(without.index.get(), question);
          const Answer answer = Ask(with.index.get(), question);
          if (!IsSame(answer, expected, 1e-12, name)) fail();
          if (DifferentRows(answer, expected) != 0) fail_msg("%s", name.c_str());
          // A bad query does not affect the others.
          question.kind = QueryKind::kNewPoints;
          question.queries = RandomRowsOf(random, sound, 10);
          const Answer clean = Ask(without.index.get(), question);
          question.queries(4, 0) = value;
          const Answer mixed = Ask(without.index.get(), question);
          for (int64_t i = 0; i < 50; ++i) {
            if (i / 5 == 4) continue;
            assert_int_equal(mixed.neighbors[i], clean.neighbors[i]);
            assert_true(mixed.distances[i] == clean.distances[i]);
          }
        }
      }
    }
  }
}

// Compares with the definition in quadruple precision, without inducing points.
void TestDistancesAreExact(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  for (const double value : kBadValues) {
    // Twenty bad rows of eighty; times in nanoseconds, whose doubles are 256 ns apart.
    for (const double center : {0.0, 5e5, 1.6e18}) {
      const double unit = center > 1e15 ? 1e9 : 1;
      Points points{60, 2, {}};
      for (int64_t i = 0; i < 120; ++i) {
        points.values.push_back(std::nearbyint(center) +
                                std::nearbyint(64 * random.Normal()) * unit);
      }
      points = WithBadRows(random, points, 20, value, false);
      Model model = ModelOf(points, 64 * unit, {0, 2, {}});
      const CreatedIndex created = CreateIndex(model);
      const Answer answer = Ask(created.index.get(), SoundRows(60, 3, QueryKind::kNeighbors));
      for (int64_t i = 0; i < 60; ++i) {
        for (int64_t r = 0; r < 3; ++r) {
          const int64_t j = answer.neighbors[3 * i + r];
          const Quad rho = Covariance<Quad>(model.kernel, points, i, points, j) /
                           (1 + static_cast<Quad>(model.nugget));
          const double distance = answer.distances[3 * i + r];
          const double error = std::abs(1 - distance * distance - static_cast<double>(rho));
          if (!(error < 2e-15)) fail_msg("%g of %g: %g", value, center, error);
        }
      }
    }
  }
}

void TestUpdateGivesTheSameBytes(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Points points = WithBadRows(random, Normal(random, 200, 2, 7e5), 20, -3.4e38, false);
  const Points inducing = WithBadRows(random, Normal(random, 8, 2, 7e5), 1, 1e20, false);
  const CreatedIndex updated = CreateIndex(ModelOf(points, 3, inducing));
  const CreatedIndex fresh = CreateIndex(ModelOf(points, 0.7, inducing));
  const double lengthscale = 0.7;
  residual_knn_model_options options = ModelOptions();
  options.nugget = 0.1;
  assert_int_equal(
      residual_knn_index_update(updated.index.get(), &lengthscale, 1, nullptr, 0, &options),
      RESIDUAL_KNN_OK);
  assert_true(FactorOf(updated.index.get()).SameAs(FactorOf(fresh.index.get())));
}

// The message names the bad value for any row and column.
void TestCulpritIsNamed(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  Points points = Normal(random, 20, 2, 0);
  points(7, 1) = 1e150;
  const std::string culprit = "coordinate 1 of row 7 is 1e+150";
  const double lengthscale = 1;
  residual_knn_index* index = nullptr;
  assert_int_equal(residual_knn_index_create(points.values.data(), 20, 2, &lengthscale, 1, nullptr,
                                             0, nullptr, &index),
                   RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
  assert_non_null(std::strstr(residual_knn_last_error(), ("points: " + culprit).c_str()));
  std::vector<int64_t> order(20);
  assert_int_equal(residual_knn_order_points(points.values.data(), 20, 2, &lengthscale, 1,
                                             RESIDUAL_KNN_ORDER_MAXIMIN, nullptr, order.data()),
                   RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
  assert_non_null(std::strstr(residual_knn_last_error(), culprit.c_str()));
  // 1e100 is fine for lengthscale 1, but not for 1e-50.
  points(7, 1) = 1e100;
  const CreatedIndex created = CreateIndex(ModelOf(points, 1, {0, 2, {}}));
  const double small = 1e-50;
  assert_int_equal(residual_knn_index_update(created.index.get(), &small, 1, nullptr, 0, nullptr),
                   RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
  assert_non_null(
      std::strstr(residual_knn_last_error(), "points: coordinate 1 of row 7 is 1e+100"));
  const double inducing[] = {0, 0, 1e145, 0};
  assert_int_equal(
      residual_knn_index_update(created.index.get(), &lengthscale, 1, inducing, 2, nullptr),
      RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
  assert_non_null(
      std::strstr(residual_knn_last_error(), "inducing: coordinate 0 of row 1 is 1e+145"));
}

// One or several far rows do not change the work of brute force in integers and of the tree.
void TestFarRowsCostNothing(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const Points sound = Normal(random, 6000, 2, 0);
  const Points inducing = RandomRowsOf(random, sound, 64);
  const CreatedIndex without = CreateIndex(ModelOf(sound, 0.3, inducing));
  const Question question =
      SoundRows(std::max<int64_t>(run.Scaled(sound.n), 600), 10, QueryKind::kNeighbors);
  for (const double value : {3e4, 1e20}) {
    for (const int64_t bad : {1, 60}) {
      const CreatedIndex with =
          CreateIndex(ModelOf(WithBadRows(random, sound, bad, value, false), 0.3, inducing));
      for (const int32_t strategy : {RESIDUAL_KNN_BRUTE_FORCE, RESIDUAL_KNN_DUAL_TREE}) {
        Manner manner;
        manner.strategy = strategy;
        const Answer expected = Ask(without.index.get(), question, manner);
        const Answer answer = Ask(with.index.get(), question, manner);
        assert_true(IsSame(answer, expected, 1e-12, residual_knn_strategy_name(strategy)));
        const residual_knn_statistics& a = answer.statistics;
        const residual_knn_statistics& b = expected.statistics;
        const auto scores = [](const residual_knn_statistics& s) {
          return s.pairs_scored + s.pivots_scored + s.pivots_coupled;
        };
        assert_true(b.scored_in_low_precision > 0);
        assert_true(static_cast<double>(a.scored_in_low_precision) >
                    0.95 * static_cast<double>(b.scored_in_low_precision));
        assert_true(static_cast<double>(scores(a)) < 1.1 * static_cast<double>(scores(b)));
        assert_true(static_cast<double>(a.pairs_rescored) <
                    1.1 * static_cast<double>(b.pairs_rescored) + 1000);
      }
    }
  }
}

// The number of distinct places is that of the caller's numbers, and centers are near the points.
void TestInducingPoints(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const double four[] = {0.5, 0.6, 0.7, 1e20};
  const double lengthscale = 1;
  for (const int32_t method : {RESIDUAL_KNN_KMEANS, RESIDUAL_KNN_RANDOM_ROWS}) {
    double inducing[4] = {0, 0, 0, 0};
    assert_int_equal(
        residual_knn_choose_inducing(four, 4, 1, &lengthscale, 1, method, 4, nullptr, inducing),
        RESIDUAL_KNN_OK);
    std::sort(inducing, inducing + 4);
    for (int64_t i = 0; i < 4; ++i) assert_true(std::abs(inducing[i] - four[i]) <= 1e-15 * four[i]);
  }
  const Points sound = Normal(random, 500, 2, 4.5e6);
  const Points points = WithBadRows(random, sound, 50, 1e36, false);
  std::vector<double> centers(40);
  assert_int_equal(residual_knn_choose_inducing(points.values.data(), points.n, 2, &lengthscale, 1,
                                                RESIDUAL_KNN_KMEANS, 20, nullptr, centers.data()),
                   RESIDUAL_KNN_OK);
  int64_t among = 0;
  for (int64_t i = 0; i < 20; ++i) {
    among += std::abs(centers[2 * i] - 4.5e6) < 10 && std::abs(centers[2 * i + 1] - 4.5e6) < 10;
  }
  // In doubles of that size, the bad values are at two places. A few centers may be there.
  assert_true(among >= 10);
}

// The outlier has its place, the other points keep their order, and only true duplicates are last.
void TestMaximin(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const double lengthscale = 1;
  const Points sound = Normal(random, 300, 2, 0);
  std::vector<int64_t> expected(300);
  assert_int_equal(residual_knn_order_points(sound.values.data(), 300, 2, &lengthscale, 1,
                                             RESIDUAL_KNN_ORDER_MAXIMIN, nullptr, expected.data()),
                   RESIDUAL_KNN_OK);
  Points points = sound;
  points.values.insert(points.values.end(), {1e20, 0.1, sound(5, 0), sound(5, 1), 1e20, 0.1});
  points.n = 303;
  std::vector<int64_t> order(303);
  assert_int_equal(residual_knn_order_points(points.values.data(), 303, 2, &lengthscale, 1,
                                             RESIDUAL_KNN_ORDER_MAXIMIN, nullptr, order.data()),
                   RESIDUAL_KNN_OK);
  assert_int_equal(order[1], 300);
  assert_int_equal(order[301], 301);
  assert_int_equal(order[302], 302);
  // It starts in the middle of the sound points. With a center at 3e17, all points would tie, and it would start at row
  // 0.
  const int64_t first = order[0];
  assert_true(std::hypot(sound(first, 0), sound(first, 1)) < 0.5);
  const std::set<int64_t> rows(order.begin(), order.end());
  assert_int_equal(rows.size(), 303);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  void* state = &run;
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestSoundRowsKeepTheirNeighbors, state),
      cmocka_unit_test_prestate(TestDistancesAreExact, state),
      cmocka_unit_test_prestate(TestUpdateGivesTheSameBytes, state),
      cmocka_unit_test_prestate(TestCulpritIsNamed, state),
      cmocka_unit_test_prestate(TestFarRowsCostNothing, state),
      cmocka_unit_test_prestate(TestInducingPoints, state),
      cmocka_unit_test_prestate(TestMaximin, state),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
