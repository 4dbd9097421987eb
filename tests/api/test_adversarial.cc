// Point sets that are hard for trees and lists: all on a line, all identical, sorted, a tight cluster in sparse data,
// and queries for every second point. Sampled rows of every strategy must have the bytes of brute force with chosen
// tiles, which scans in double precision. An index must also give the same answers after a cancelled build or search,
// and after a first search by two threads at once.
#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

Model ModelOf(Points points, double lengthscale, Points inducing) {
  Model model;
  model.kernel.lengthscales = {lengthscale};
  model.points = std::move(points);
  model.inducing = std::move(inducing);
  return model;
}

Question SampledRows(Random& random, int64_t n, int64_t count, int32_t k) {
  Question question;
  question.k = k;
  question.rows = RandomRowNumbers(random, n, count);
  return question;
}

Answer ScanInDouble(const residual_knn_index* index, const Question& question) {
  Manner manner;
  manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  manner.tile_queries = 7;
  return Ask(index, question, manner);
}

bool IsAnsweredAlike(const residual_knn_index* index, const Question& question,
                     const Answer& expected, int32_t strategy) {
  Manner manner;
  manner.strategy = strategy;
  manner.threads = 2;
  const Answer answer = Ask(index, question, manner);
  return answer.SameAs(expected) ||
         Fail(std::string(residual_knn_strategy_name(strategy)) + ", k " +
              std::to_string(question.k) + " differs from brute force");
}

bool ModelHolds(const TestRun& run, const Model& model, int64_t queries, int32_t k,
                const std::string& name) {
  const CreatedIndex created = CreateIndex(model);
  if (created.status != RESIDUAL_KNN_OK) return Fail(name + ": " + residual_knn_last_error());
  Random random(run.seed + 1);
  Question question = SampledRows(random, model.points.n, queries, k);
  for (const QueryKind kind : {QueryKind::kNeighbors, QueryKind::kPredecessors}) {
    question.kind = kind;
    const Answer expected = ScanInDouble(created.index.get(), question);
    if (expected.status != RESIDUAL_KNN_OK) return Fail(name + ": " + residual_knn_last_error());
    for (const int32_t strategy : kAllStrategies) {
      if (!IsAnsweredAlike(created.index.get(), question, expected, strategy)) {
        return Fail(run.seed, name);
      }
    }
  }
  return true;
}

void TestLine(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const int64_t n = run.Scaled(100'000);
  Points points{n, 2, {}};
  for (int64_t i = 0; i < n; ++i) {
    const double t = random.Uniform();
    points.values.insert(points.values.end(), {t, 2 * t});
  }
  const Points inducing = RandomRowsOf(random, points, 20);
  assert_true(ModelHolds(run, ModelOf(points, 0.1, inducing), 40, 10, "points on a line"));
}

void TestAllAlike(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const int64_t n = run.Scaled(20'000);
  Points points{n, 2, {}};
  for (int64_t i = 0; i < n; ++i) points.values.insert(points.values.end(), {0.3, 0.7});
  const Points inducing = RandomPoints(random, Shape::kUniform, 10, 2);
  assert_true(ModelHolds(run, ModelOf(points, 0.2, inducing), 40, 10, "identical points"));
}

void TestEveryOtherPoint(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const Points points = RandomPoints(random, Shape::kUniform, 2000, 2);
  const Points inducing = RandomRowsOf(random, points, 20);
  assert_true(ModelHolds(run, ModelOf(points, 0.2, inducing), 30, 1999, "k = n - 1"));
}

void TestSorted(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  Points points = RandomPoints(random, Shape::kUniform, run.Scaled(20'000), 2);
  for (int64_t i = 0; i < points.n; ++i) {
    points(i, 0) = static_cast<double>(i) / static_cast<double>(points.n);
  }
  const Points inducing = RandomRowsOf(random, points, 30);
  assert_true(ModelHolds(run, ModelOf(points, 0.2, inducing), 100, 15, "sorted points"));
}

void TestCluster(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  Points points = RandomPoints(random, Shape::kUniform, run.Scaled(20'000), 2);
  for (int64_t i = 0; i < points.n; ++i) {
    const bool in_cluster = random.Chance(0.2);
    for (int64_t c = 0; c < 2; ++c) {
      points(i, c) = in_cluster ? 5 + 1e-7 * points(i, c) : 100 * points(i, c);
    }
  }
  const Points inducing = RandomRowsOf(random, points, 30);
  assert_true(ModelHolds(run, ModelOf(points, 1.0, inducing), 100, 15, "a cluster in sparse data"));
}

Model BigModel(const TestRun& run) {
  Random random(run.seed);
  const Points points = RandomPoints(random, Shape::kUniform, run.Scaled(30'000), 2);
  return ModelOf(points, 0.1, RandomRowsOf(random, points, 60));
}

struct Cancel {
  int64_t at = 1;
  int64_t calls = 0;
  static int32_t Progress(void* user, int64_t, int64_t) {
    auto& cancel = *static_cast<Cancel*>(user);
    return ++cancel.calls >= cancel.at ? 1 : 0;
  }
};

// Cancels searches of a new index, whose tree is being built, and then of the same index with its tree.
bool SurvivesCancelling(const TestRun& run, const Model& model, int32_t strategy) {
  const CreatedIndex created = CreateIndex(model);
  if (created.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  Random random(run.seed + 2);
  const Question question = SampledRows(random, model.points.n, 60, 10);
  const Answer expected = ScanInDouble(created.index.get(), question);
  std::vector<int64_t> neighbors(static_cast<size_t>(model.points.n * 10));
  for (const bool with_tree : {false, true}) {
    Cancel cancel;
    residual_knn_search_options options = SearchOptions();
    options.strategy = strategy;
    options.threads = 2;
    options.progress = &Cancel::Progress;
    options.progress_user = &cancel;
    const residual_knn_status status =
        residual_knn_neighbors(created.index.get(), nullptr, model.points.n, &options, 10,
                               neighbors.data(), nullptr, nullptr);
    const std::string text = std::string(residual_knn_strategy_name(strategy)) +
                             (with_tree ? ", with its tree" : ", fresh");
    if (status != RESIDUAL_KNN_ERROR_CANCELLED) {
      return Fail(run.seed, text + ": status " + std::to_string(status));
    }
    if (!IsAnsweredAlike(created.index.get(), question, expected, strategy)) {
      return Fail(run.seed, text + ", after it was cancelled");
    }
  }
  return true;
}

void TestCancelled(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  const Model model = BigModel(run);
  for (const int32_t strategy : {RESIDUAL_KNN_DUAL_TREE, RESIDUAL_KNN_BATCHED_BEST_FIRST}) {
    assert_true(SurvivesCancelling(run, model, strategy));
  }
}

void TestTwoThreadsInAFreshIndex(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  const Model model = BigModel(run);
  Random random(run.seed + 3);
  const Question question = SampledRows(random, model.points.n, 200, 10);
  const CreatedIndex created = CreateIndex(model);
  assert_int_equal(created.status, RESIDUAL_KNN_OK);
  Manner manner;
  manner.strategy = RESIDUAL_KNN_DUAL_TREE;
  Answer first;
  Answer second;
  std::thread other([&] { first = Ask(created.index.get(), question, manner); });
  second = Ask(created.index.get(), question, manner);
  other.join();
  const Answer expected = ScanInDouble(created.index.get(), question);
  assert_true((first.SameAs(expected) && second.SameAs(expected)) ||
              Fail(run.seed, "two threads in one fresh index disagree with brute force"));
}

// New points with V from the caller, of a magnitude different from that of the index.
struct UnlikeCase {
  double index_v;
  double query_v;
  double query_p;
  int64_t m;
  double factor_error;
};

bool IsAskedByStrangers(uint64_t seed, const UnlikeCase& c) {
  Random random(seed);
  constexpr int64_t kPoints = 6000;
  constexpr int64_t kQueries = 100;
  const auto draw = [&](int64_t rows, double size, double p) {
    FactorCopy factor;
    factor.m = c.m;
    for (int64_t i = 0; i < rows * c.m; ++i) factor.v.push_back(size * random.Normal());
    factor.p.assign(static_cast<size_t>(rows), p);
    return factor;
  };
  const Points points = RandomPoints(random, Shape::kUniform, kPoints, 2);
  const FactorCopy factor = draw(kPoints, c.index_v, 1);
  residual_knn_model_options options = ModelOptions();
  options.kernel = RESIDUAL_KNN_SQUARED_EXPONENTIAL;
  options.factor_error = c.factor_error;
  const double lengthscale = 0.1;
  residual_knn_index* made = nullptr;
  if (residual_knn_index_create_from_factor(factor.v.data(), c.m, factor.p.data(),
                                            points.values.data(), kPoints, 2, &lengthscale, 1,
                                            &options, &made) != RESIDUAL_KNN_OK) {
    return Fail(seed, residual_knn_last_error());
  }
  const IndexHandle index(made);
  Question question;
  question.kind = QueryKind::kNewFactor;
  question.k = 10;
  question.queries = RandomPoints(random, Shape::kUniform, kQueries, 2);
  question.query_factor = draw(kQueries, c.query_v, c.query_p);
  const Answer expected = ScanInDouble(index.get(), question);
  for (const int32_t strategy : kAllStrategies) {
    if (!IsAnsweredAlike(index.get(), question, expected, strategy)) {
      return Fail(seed, "V of queries is of size " + std::to_string(std::log10(c.query_v)) +
                            " (log10), strategy " + residual_knn_strategy_name(strategy));
    }
  }
  return true;
}

void TestStrangers(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  // factor_error is given only if it is true: V of the index is almost 0.
  constexpr UnlikeCase kCases[] = {
      {0, 0.1, 0.99, 1, 1e-9},   {1e-170, 0.1, 0.99, 1, 1e-15}, {0, 1e30, 1, 1, 1e-9},
      {0.3, 1e44, 1e88, 16, 0},  {0.1, 1e43, 1e86, 16, 0},      {1e-3, 1e60, 1e120, 16, 0},
      {0.1, 1e69, 1e138, 16, 0}, {0.3, 1e3, 1, 16, 0},          {1e14, 1e33, 1e66, 16, 0},
  };
  for (const UnlikeCase& c : kCases) assert_true(IsAskedByStrangers(run.seed, c));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestLine, &run),
      cmocka_unit_test_prestate(TestAllAlike, &run),
      cmocka_unit_test_prestate(TestEveryOtherPoint, &run),
      cmocka_unit_test_prestate(TestSorted, &run),
      cmocka_unit_test_prestate(TestCluster, &run),
      cmocka_unit_test_prestate(TestStrangers, &run),
      cmocka_unit_test_prestate(TestCancelled, &run),
      cmocka_unit_test_prestate(TestTwoThreadsInAFreshIndex, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
