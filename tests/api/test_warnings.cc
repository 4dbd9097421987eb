// Warnings about useless answers. Queries without informative neighbors are counted, with the same number for every
// strategy, number of threads, batch and layout. The warning gives their number and the likely cause in figures. Sound
// models get no warning.
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr double kLeastCorrelation = 0x1.6a09e667f3bcdp-27;  // as in the header

// Uniform in a square with this side, from `corner` on.
Points Square(Random& random, int64_t n, double side, double corner = 0) {
  Points points{n, 2, {}};
  for (int64_t i = 0; i < 2 * n; ++i) points.values.push_back(corner + side * random.Uniform());
  return points;
}

Model ModelOf(Points points, double lengthscale, Points inducing = {0, 2, {}}) {
  Model model;
  model.kernel.lengthscales = {lengthscale};
  model.points = std::move(points);
  model.inducing = std::move(inducing);
  return model;
}

Question AllRows(const Model& model, int32_t k, QueryKind kind = QueryKind::kNeighbors) {
  return AllRows(kind, model.points.n, k);
}

Question NewPoints(Points queries, int32_t k) {
  Question question;
  question.kind = QueryKind::kNewPoints;
  question.k = k;
  question.queries = std::move(queries);
  return question;
}

struct Said {
  int64_t uninformative = 0;
  residual_knn_statistics statistics = {};
  std::string text;
};

Said Search(const residual_knn_index* index, const Question& question, const Manner& manner = {}) {
  const Answer answer = Ask(index, question, manner);
  assert_int_equal(answer.status, RESIDUAL_KNN_OK);
  return {answer.statistics.uninformative_queries, answer.statistics,
          residual_knn_search_warning(index, &answer.statistics)};
}

Said Search(const Model& model, const Question& question) {
  const CreatedIndex created = CreateIndex(model);
  assert_int_equal(created.status, RESIDUAL_KNN_OK);
  return Search(created.index.get(), question);
}

bool Holds(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos ||
         Fail("\"" + text + "\" does not say \"" + part + "\"");
}

// Metres with a lengthscale of kilometres.
void TestLengthscaleFarTooSmall(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = ModelOf(Square(random, 300, 500'000, 4e6), 1);
  for (const QueryKind kind : {QueryKind::kNeighbors, QueryKind::kPredecessors}) {
    const Said said = Search(model, AllRows(model, 5, kind));
    // The first row has no predecessors, so it does not count.
    assert_int_equal(said.uninformative, kind == QueryKind::kNeighbors ? 300 : 299);
    assert_true(said.statistics.nearest_lengthscales > 1000);
    assert_true(Holds(said.text, "lengthscales from the nearest point"));
    assert_true(Holds(said.text, "lengthscale 1)"));
    assert_true(Holds(said.text, "metres or kilometres"));
  }
  assert_true(Holds(Search(model, AllRows(model, 5)).text, "all 300 queries have"));
}

void TestNewPointsInOtherUnits(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Points points = Square(random, 500, 1000, 6000);
  const Model model = ModelOf(points, 100, RandomRowsOf(random, points, 20));
  const CreatedIndex created = CreateIndex(model);
  Points kilometres = Square(random, 7, 1, 6);
  for (const int64_t count : {1, 7}) {
    kilometres.n = count;
    kilometres.values.resize(static_cast<size_t>(2 * count));
    const Said said = Search(created.index.get(), NewPoints(kilometres, 3));
    assert_int_equal(said.uninformative, count);
    assert_true(Holds(said.text, "are both in the same units"));
    kilometres = Square(random, 7, 1, 6);
  }
  const Said fine = Search(created.index.get(), NewPoints(Square(random, 7, 1000, 6000), 3));
  assert_int_equal(fine.uninformative, 0);
  assert_string_equal(fine.text.c_str(), "");
}

// The residual is only jitter, with any kernel, at any spacing, and with few or many points.
void TestInducingPointsAreThePoints(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  for (int32_t family = 0; family < kNumFamilies; ++family) {
    for (const double lengthscale : {0.02, 0.1, 0.4}) {
      for (const int64_t n : {4, 60, 250}) {
        const Points points = Square(random, n, 1);
        Model model = ModelOf(points, lengthscale, points);
        model.kernel.family = family;
        const Said said = Search(model, AllRows(model, 3));
        if (said.uninformative != n) {
          fail_msg("kernel %d, lengthscale %g: %d of %d", static_cast<int>(family), lengthscale,
                   static_cast<int>(said.uninformative), static_cast<int>(n));
        }
      }
    }
  }
  const Points points = Square(random, 50, 1);
  Model model = ModelOf(points, 0.2, points);
  assert_true(
      Holds(Search(model, AllRows(model, 3)).text, "all 50 points are inducing points themselves"));
  model.jitter = 0;
  model.kernel.family = RESIDUAL_KNN_MATERN12;
  const Said degenerate = Search(model, AllRows(model, 3));
  assert_int_equal(degenerate.uninformative, 50);
  assert_true(Holds(degenerate.text, "points are degenerate"));
}

// A lengthscale so large that inducing points explain everything, or that all points coincide.
void TestLengthscaleFarTooLarge(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Points points = Square(random, 100, 1);
  Model model = ModelOf(points, 1e6, RandomRowsOf(random, points, 3));
  model.kernel.family = RESIDUAL_KNN_SQUARED_EXPONENTIAL;
  const Said said = Search(model, AllRows(model, 3));
  assert_int_equal(said.uninformative, 100);
  assert_true(Holds(said.text, "far too large"));
  const CreatedIndex one = CreateIndex(ModelOf(points, 1e12));
  assert_true(Holds(residual_knn_index_warning(one.index.get()), "far too large"));
  const CreatedIndex same = CreateIndex(ModelOf(Points{9, 2, std::vector<double>(18, 0.5)}, 1));
  assert_true(Holds(residual_knn_index_warning(same.index.get()), "same coordinates"));
}

// Orders like maximin have early rows without near predecessors. There is no warning about these.
void TestSoundModelsAreQuiet(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Points points = Square(random, 2000, 1);
  for (const int32_t family : {RESIDUAL_KNN_SQUARED_EXPONENTIAL, RESIDUAL_KNN_MATERN12,
                               RESIDUAL_KNN_MATERN32, RESIDUAL_KNN_MATERN52}) {
    for (const int64_t m : {0, 100}) {
      Model model = ModelOf(points, 0.05, RandomRowsOf(random, points, m));
      model.kernel.family = family;
      const CreatedIndex created = CreateIndex(model);
      const Said said = Search(created.index.get(), AllRows(model, 10, QueryKind::kPredecessors));
      assert_string_equal(said.text.c_str(), "");
      assert_true(said.uninformative < 500);
      assert_string_equal(residual_knn_index_warning(created.index.get()), "");
    }
  }
}

// A cluster of points that are correlated, others that are alone, and some that are degenerate.
Model MixedModel(Random& random, int64_t n) {
  Points points = Square(random, n, 1);
  for (int64_t i = 0; i < n; i += 3) {
    points(i, 0) = 1000.0 * static_cast<double>(i + 1);
    points(i, 1) = random.Uniform();
  }
  Points inducing{n / 10, 2, {}};
  for (int64_t i = 0; i < inducing.n; ++i) {
    inducing.values.push_back(points(10 * i, 0));
    inducing.values.push_back(points(10 * i, 1));
  }
  Model model = ModelOf(points, 0.1, inducing);
  model.kernel.family = RESIDUAL_KNN_MATERN12;
  model.jitter = 0;
  return model;
}

// Counted by the test from V, p and the distances.
int64_t CountByHand(const Model& model, const residual_knn_index* index, const Question& question) {
  const Answer answer = Ask(index, question);
  const FactorCopy factor = FactorOf(index);
  int64_t count = 0;
  for (int64_t q = 0; q < answer.queries; ++q) {
    bool lacks = false;
    for (int32_t r = 0; r < answer.k; ++r) {
      if (answer.neighbors[q * answer.k + r] < 0) continue;
      const double distance = answer.distances[q * answer.k + r];
      lacks = lacks || !(1 - distance * distance > kLeastCorrelation);
    }
    count += lacks ? 1 : 0;
  }
  assert_int_equal(factor.m, model.inducing.n);
  return count;
}

void TestCountIsTheSame(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const Model model = MixedModel(random, 1500);
  const CreatedIndex created = CreateIndex(model);
  assert_int_equal(created.status, RESIDUAL_KNN_OK);
  assert_true(InfoOf(created.index.get()).degenerate_points > 0);
  for (const QueryKind kind :
       {QueryKind::kNeighbors, QueryKind::kPredecessors, QueryKind::kNewPoints}) {
    const Question question = kind == QueryKind::kNewPoints
                                  ? NewPoints(MixedModel(random, 300).points, 4)
                                  : AllRows(model, 4, kind);
    for (const int32_t ranking : {RESIDUAL_KNN_ABSOLUTE, RESIDUAL_KNN_SIGNED}) {
      Manner manner;
      manner.ranking = ranking;
      const int64_t expected = Search(created.index.get(), question, manner).uninformative;
      assert_true(expected > question.count() / 10);
      assert_true(expected < question.count());
      for (const int32_t strategy : kAllStrategies) {
        // Programs with sanitizers try two different strategies.
        const bool differs =
            strategy == RESIDUAL_KNN_BRUTE_FORCE || strategy == RESIDUAL_KNN_DUAL_TREE;
        if (run.size < 1 && !differs) continue;
        manner.strategy = strategy;
        for (const int32_t threads : {1, 3}) {
          manner.threads = threads;
          manner.layout = threads == 1 ? RESIDUAL_KNN_POINT_MAJOR : RESIDUAL_KNN_DIMENSION_MAJOR;
          manner.int32_rows = threads == 3;
          assert_int_equal(Search(created.index.get(), question, manner).uninformative, expected);
        }
      }
      Question whole = question;
      whole.all_rows = false;
      int64_t sum = 0;
      for (int64_t first = 0; first < whole.count(); first += 400) {
        const int64_t size = std::min<int64_t>(400, whole.count() - first);
        sum += Search(created.index.get(), Part(whole, first, size), manner).uninformative;
      }
      assert_int_equal(sum, expected);
    }
  }
  // Without inducing points, rho is the correlation itself.
  Model plain = MixedModel(random, 400);
  plain.inducing = {0, 2, {}};
  const CreatedIndex other = CreateIndex(plain);
  const Question question = AllRows(plain, 3);
  assert_int_equal(Search(other.index.get(), question).uninformative,
                   CountByHand(plain, other.index.get(), question));
}

void TestCallbackAndGivenFactor(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = ModelOf(Square(random, 40, 1e6), 1, {1, 2, {0, 0}});
  const CreatedIndex created = CreateIndex(model);
  const CreatedIndex given = CreateIndexFromFactor(model, FactorOf(created.index.get()));
  assert_int_equal(given.status, RESIDUAL_KNN_OK);
  const Said said = Search(given.index.get(), AllRows(model, 2));
  assert_int_equal(said.uninformative, 40);
  assert_true(Holds(said.text, "metres or kilometres"));

  const auto nothing = [](void*, const int64_t*, int64_t rows, const int64_t*, int64_t columns,
                          double* covariance) -> int32_t {
    std::fill_n(covariance, rows * columns, 0.0);
    return 0;
  };
  const std::vector<double> p(20, 1.0);
  residual_knn_index* raw = nullptr;
  assert_int_equal(residual_knn_index_create_from_callback(nullptr, 20, 0, p.data(), nothing,
                                                           nullptr, nullptr, &raw),
                   RESIDUAL_KNN_OK);
  const IndexHandle index(raw);
  Model shape = ModelOf(Square(random, 20, 1), 1);
  const Said none = Search(raw, AllRows(shape, 2));
  assert_int_equal(none.uninformative, 20);
  assert_true(Holds(none.text, "almost uncorrelated"));
  assert_string_equal(residual_knn_index_warning(raw), "");
}

void TestCoarseCountedFromOne(const residual_knn_index* index) {
  const double queries[] = {0, 0, 0, 1e20};
  int64_t neighbors[2] = {0, 0};
  residual_knn_search_options options = SearchOptions();
  options.message_base = 1;
  residual_knn_statistics statistics;
  residual_knn_statistics_init(&statistics, sizeof statistics);
  assert_int_equal(residual_knn_neighbors_of_new_points(index, queries, 2, &options, 1, neighbors,
                                                        nullptr, &statistics),
                   RESIDUAL_KNN_OK);
  assert_int_equal(statistics.coarse_query, 2);
  assert_true(Holds(residual_knn_search_warning(index, &statistics),
                    "queries: coordinate 2 of row 2 is 1e+20"));
  const double points[] = {0, 0, -9.97e36, 1};
  const double lengthscale = 1;
  residual_knn_model_options model = ModelOptions();
  model.message_base = 1;
  residual_knn_index* raw = nullptr;
  assert_int_equal(
      residual_knn_index_create(points, 2, 2, &lengthscale, 1, nullptr, 0, &model, &raw),
      RESIDUAL_KNN_OK);
  const IndexHandle owned(raw);
  assert_true(Holds(residual_knn_index_warning(raw), "coordinate 1 of row 2 is -9.97e+36"));
}

// Numbers that are too coarse for their lengthscale: the warning names the first and counts all.
void TestCoarseNumbers(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Points fine = Square(random, 30, 1);
  Points coarse = fine;
  coarse(7, 1) = 1e20;
  coarse(12, 0) = -3.4e38;
  coarse(12, 1) = 9.97e36;
  const CreatedIndex sound = CreateIndex(ModelOf(fine, 1));
  assert_string_equal(residual_knn_index_warning(sound.index.get()), "");
  const CreatedIndex created = CreateIndex(ModelOf(coarse, 1));
  const std::string text = residual_knn_index_warning(created.index.get());
  assert_true(Holds(text, "points: coordinate 1 of row 7 is 1e+20"));
  assert_true(Holds(text, "2 rows have such values, of 30"));
  const CreatedIndex by_inducing = CreateIndex(ModelOf(fine, 1, {2, 2, {0, 0, 0.5, 7e12}}));
  assert_true(Holds(residual_knn_index_warning(by_inducing.index.get()),
                    "inducing: coordinate 1 of row 1 is 7e+12"));
  // The lengthscale decides, also after an update.
  const double small = 1e-9;
  residual_knn_index* index = by_inducing.index.get();
  const double wide = 1e6;
  assert_int_equal(residual_knn_index_update(index, &wide, 1, nullptr, 0, nullptr),
                   RESIDUAL_KNN_OK);
  assert_string_equal(residual_knn_index_warning(index), "");
  residual_knn_index* updated = created.index.get();
  const double scales[] = {small, 1e30};
  assert_int_equal(residual_knn_index_update(updated, scales, 2, nullptr, 0, nullptr),
                   RESIDUAL_KNN_OK);
  assert_true(Holds(residual_knn_index_warning(updated), "coordinate 0 of row 12 is -3.4e+38"));

  const Said said = Search(sound.index.get(), NewPoints({3, 2, {0, 0, 0, 1e20, 0.5, 0.5}}, 2));
  assert_int_equal(said.statistics.coarse_queries, 1);
  assert_true(Holds(said.text, "queries: coordinate 1 of row 1 is 1e+20"));
  assert_true(Holds(said.text, "only row with such a value, of 3"));
  TestCoarseCountedFromOne(sound.index.get());
}

// No warning, NULL arguments, and structs of programs that know fewer fields.
void TestHostileCalls(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = ModelOf(Square(random, 10, 1e9), 1);
  const CreatedIndex created = CreateIndex(model);
  residual_knn_statistics statistics;
  residual_knn_statistics_init(&statistics, sizeof statistics);
  assert_string_equal(residual_knn_search_warning(created.index.get(), &statistics), "");
  assert_string_equal(residual_knn_search_warning(nullptr, &statistics), "");
  assert_string_equal(residual_knn_search_warning(created.index.get(), nullptr), "");
  assert_string_equal(residual_knn_index_warning(nullptr), "");
  statistics.struct_size = 3;
  assert_string_equal(residual_knn_search_warning(created.index.get(), &statistics), "");
  // The struct as in a program of version 0.1.0.
  const Answer answer = Ask(created.index.get(), AllRows(model, 2));
  statistics = answer.statistics;
  statistics.struct_size = offsetof(residual_knn_statistics, uninformative_queries);
  assert_string_equal(residual_knn_search_warning(created.index.get(), &statistics), "");
  assert_int_not_equal(
      std::strlen(residual_knn_search_warning(created.index.get(), &answer.statistics)), 0);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  void* state = &run;
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestLengthscaleFarTooSmall, state),
      cmocka_unit_test_prestate(TestNewPointsInOtherUnits, state),
      cmocka_unit_test_prestate(TestInducingPointsAreThePoints, state),
      cmocka_unit_test_prestate(TestLengthscaleFarTooLarge, state),
      cmocka_unit_test_prestate(TestSoundModelsAreQuiet, state),
      cmocka_unit_test_prestate(TestCountIsTheSame, state),
      cmocka_unit_test_prestate(TestCallbackAndGivenFactor, state),
      cmocka_unit_test_prestate(TestCoarseNumbers, state),
      cmocka_unit_test_prestate(TestHostileCalls, state),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
