// Every strategy returns the same bytes as brute force, for random models, points, questions, rankings and threads.
//
// A case is one question for one strategy with some number of threads. The default size suits CI; a long run is
// `test_strategies_agree --cases 10000 --seed S`. A failure prints the seed of its problem; `--seed THAT --cases 1`
// repeats it.
#include <array>
#include <cstdio>
#include <string>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/strategy_problem.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualCases = 1500;
constexpr size_t kNumStrategies = std::size(kAllStrategies);

// Counts how the cases used the tree, because agreement of brute force with itself would prove nothing.
struct Exercise {
  int64_t problems = 0;
  int64_t refused = 0;  // K(Z,Z) is not positive definite with any jitter allowed
  int64_t cases = 0;
  std::array<int64_t, kNumStrategies> asked{};
  std::array<int64_t, kNumStrategies> dismissed{};  // cases that dismissed a block
  std::array<int64_t, kNumEntrances> dismissed_by_entrance{};
  int64_t points_dismissed = 0;  // cases that dismissed points one by one
  int64_t in_single = 0;         // cases with products in single precision
  int64_t in_double = 0;  // cases with a tree, all of whose products were in double precision

  void Count(int32_t strategy, Entrance entrance, const residual_knn_statistics& statistics) {
    ++cases;
    ++asked[strategy];
    if (statistics.blocks_dismissed > 0) {
      ++dismissed[strategy];
      ++dismissed_by_entrance[static_cast<size_t>(entrance)];
    }
    points_dismissed += statistics.survivors < statistics.points_bounded ? 1 : 0;
    if (statistics.coarse_blocks > 0)
      ++(statistics.scored_in_low_precision > 0 ? in_single : in_double);
  }

  void Print() const {
    std::printf("%lld cases on %lld indices (%lld models refused); blocks dismissed:",
                static_cast<long long>(cases), static_cast<long long>(problems),
                static_cast<long long>(refused));
    for (const int32_t strategy : kAllStrategies) {
      std::printf(" %s %lld/%lld", residual_knn_strategy_name(strategy),
                  static_cast<long long>(dismissed[strategy]),
                  static_cast<long long>(asked[strategy]));
    }
    std::printf("; by entrance %lld %lld %lld; points dismissed %lld; single %lld, double %lld\n",
                static_cast<long long>(dismissed_by_entrance[0]),
                static_cast<long long>(dismissed_by_entrance[1]),
                static_cast<long long>(dismissed_by_entrance[2]),
                static_cast<long long>(points_dismissed), static_cast<long long>(in_single),
                static_cast<long long>(in_double));
  }

  // Checked only in runs that are long enough for meaningful shares.
  [[nodiscard]] bool IsEnough() const {
    for (const int32_t strategy : kAllStrategies) {
      if (strategy <= RESIDUAL_KNN_BRUTE_FORCE) continue;
      if (dismissed[strategy] * 5 < asked[strategy]) {
        return Fail(std::string(residual_knn_strategy_name(strategy)) +
                    " dismissed blocks in less than a fifth of its cases");
      }
    }
    for (const int64_t count : dismissed_by_entrance) {
      if (count * 100 < cases) return Fail("one way to make an index hardly dismissed blocks");
    }
    return (points_dismissed * 10 > cases && in_single * 20 > cases && in_double * 20 > cases) ||
           Fail("points, single or double precision were hardly exercised");
  }
};

// The first difference of two answers, as a sentence.
std::string Difference(const Answer& answer, const Answer& expected) {
  if (answer.status != expected.status) {
    return "status " + std::to_string(answer.status) + ": " + residual_knn_last_error();
  }
  if (answer.overrun) return "it wrote behind an output";
  for (size_t at = 0; at < expected.neighbors.size(); ++at) {
    if (answer.neighbors[at] == expected.neighbors[at] &&
        answer.distances[at] == expected.distances[at]) {
      continue;
    }
    char text[200];
    std::snprintf(text, sizeof text,
                  "query %zu, rank %zu: row %lld at %.17g, not row %lld at %.17g", at / expected.k,
                  at % expected.k, static_cast<long long>(answer.neighbors[at]),
                  answer.distances[at], static_cast<long long>(expected.neighbors[at]),
                  expected.distances[at]);
    return text;
  }
  return "the signs of zeros";
}

bool ProblemHolds(uint64_t seed, Exercise& exercise) {
  // The seed, in case of a crash.
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  StrategyProblem problem(seed);
  if (problem.index() == nullptr) {
    ++exercise.refused;
    return std::string(residual_knn_last_error()).find("positive definite") != std::string::npos ||
           Fail(seed, problem.description() + ": " + residual_knn_last_error());
  }
  ++exercise.problems;
  Random random(seed + 1'000'000'007);
  const IndexHandle computing = problem.CreateComputing();
  for (const Question& question : problem.questions()) {
    Manner manner;
    manner.ranking = random.Chance(0.3) ? RESIDUAL_KNN_SIGNED : RESIDUAL_KNN_ABSOLUTE;
    manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
    const Answer expected = problem.AskThis(question, manner);
    if (expected.status != RESIDUAL_KNN_OK) {
      return Fail(seed, problem.description() + ": " + residual_knn_last_error());
    }
    for (const int32_t strategy : kAllStrategies) {
      manner.strategy = strategy;
      // Brute force too, with other threads and tiles.
      manner.threads = static_cast<int32_t>(random.Integer(1, 3));
      manner.tile_queries = random.Chance(0.2) ? random.LogInteger(1, 500) : 0;
      manner.tile_candidates = random.Chance(0.2) ? random.LogInteger(1, 3000) : 0;
      const Answer answer = problem.AskThis(question, manner);
      if (!answer.SameAs(expected)) {
        return Fail(seed, problem.description() + "; " + Describe(question) + "; " +
                              residual_knn_strategy_name(strategy) + ", " + Describe(manner) +
                              ": " + Difference(answer, expected));
      }
      exercise.Count(strategy, problem.entrance(), answer.statistics);
    }
    if (!computing) continue;
    // One more strategy, with V computed when it is needed.
    manner.strategy = kAllStrategies[random.Integer(0, std::ssize(kAllStrategies) - 1)];
    const Answer answer = Ask(computing.get(), question, manner);
    if (!answer.SameAs(expected)) {
      return Fail(seed, problem.description() + "; " + Describe(question) + "; computed V, " +
                            residual_knn_strategy_name(manner.strategy) + ", " + Describe(manner) +
                            ": " + Difference(answer, expected));
    }
  }
  return true;
}

// All strategies, one question.
bool QuestionHolds(const Model& model, const Question& question) {
  const CreatedIndex created = CreateIndex(model);
  if (created.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  Manner manner;
  manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  const Answer expected = Ask(created.index.get(), question, manner);
  for (const int32_t strategy : kAllStrategies) {
    manner.strategy = strategy;
    const Answer answer = Ask(created.index.get(), question, manner);
    if (!answer.SameAs(expected)) {
      return Fail(Describe(question) + "; " + residual_knn_strategy_name(strategy) + ": " +
                  Difference(answer, expected));
    }
  }
  return true;
}

Model ModelOnALine(int64_t n) {
  Model model;
  model.kernel.family = RESIDUAL_KNN_SQUARED_EXPONENTIAL;
  model.points = {n, 1, {}};
  model.inducing = {3, 1, {0.12, 0.53, 0.97}};
  return model;
}

// Duplicates of a pivot in other blocks. Single precision computes a |rho| slightly below 1 for them.
void TestTwinsOfPivots(void** /*state*/) {
  Model model = ModelOnALine(2000);
  model.jitter = 3e-4;
  Question question;
  for (int64_t i = 0; i < model.points.n; i += 13) question.rows.push_back(i);
  bool holds = true;
  for (const double x : {0.30, 0.31, 0.32, 0.33, 0.34, 0.35}) {
    model.points.values.assign(model.points.n, x);
    for (const int32_t k : {5, 150}) {
      question.k = k;
      holds = QuestionHolds(model, question) && holds;
    }
  }
  assert_true(holds);
}

// New points that do not fit single precision, although all index points do.
void TestNewPointsNearFarInducing(void** /*state*/) {
  Model model = ModelOnALine(3000);
  model.kernel.family = RESIDUAL_KNN_MATERN32;
  model.inducing = {1, 1, {20.0}};
  for (int64_t i = 0; i < model.points.n; ++i) {
    model.points.values.push_back(static_cast<double>(i * 1237 % model.points.n) / 300);
  }
  Question question;
  question.kind = QueryKind::kNewPoints;
  question.k = 5;
  question.queries = {100, 1, std::vector<double>(100, 5.0)};
  for (int64_t q = 0; q < 50; ++q) {
    question.queries(q, 0) = 20 + 1e-5 * static_cast<double>(q + 1);
  }
  assert_true(QuestionHolds(model, question));
}

void TestStrategiesAgree(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  const int64_t cases = run.Cases(kUsualCases);
  Exercise exercise;
  bool holds = true;
  for (uint64_t seed = run.seed; exercise.cases < cases; ++seed) {
    holds = ProblemHolds(seed, exercise) && holds;
    if (!holds) break;
  }
  exercise.Print();
  assert_true(holds);
  if (exercise.cases < 1000) {
    print_message("not checked: that every strategy dismisses enough; fewer than 1000 cases\n");
    return;
  }
  assert_true(exercise.IsEnough());
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestTwinsOfPivots),
      cmocka_unit_test(TestNewPointsNearFarInducing),
      cmocka_unit_test_prestate(TestStrategiesAgree, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
