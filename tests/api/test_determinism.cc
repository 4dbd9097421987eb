// Results have the same bytes for any number of threads, any tile size, any split of the queries into calls and any
// order of the queries. The problems span many tiles, unlike those of test_search_properties.
#include <algorithm>
#include <cstring>
#include <iterator>
#include <numeric>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

struct Problem {
  Model model;
  Question neighbors;     // all rows
  Question predecessors;  // all rows
  Question some_rows;     // with repeats
  Question new_points;
};

// n is not a multiple of a block size. A third of the points are duplicates, and some are inducing points, so that the
// answers include ties and nearly degenerate points.
Problem DrawProblem(const TestRun& run, int32_t family, int64_t m) {
  Random random(run.seed);
  Problem problem;
  Model& model = problem.model;
  const int64_t n = std::max<int64_t>(run.Scaled(1603), 300);
  model.kernel.family = family;
  model.kernel.nu = 0.8;
  model.kernel.lengthscales = {0.3, 0.4, 0.8};
  model.points = RandomPoints(random, Shape::kUniform, n, 3);
  for (int64_t i = 0; i < n; i += 3) {
    const int64_t twin = random.Integer(0, n - 1);
    for (int64_t c = 0; c < 3; ++c) model.points(i, c) = model.points(twin, c);
  }
  model.inducing = RandomRowsOf(random, model.points, m);

  problem.neighbors.k = 17;
  problem.neighbors.all_rows = true;
  problem.neighbors.rows.resize(n);
  std::iota(problem.neighbors.rows.begin(), problem.neighbors.rows.end(), int64_t{0});
  problem.predecessors = problem.neighbors;
  problem.predecessors.kind = QueryKind::kPredecessors;
  problem.some_rows.k = 30;
  problem.some_rows.rows = RandomRowNumbers(random, n, 150);
  problem.new_points.k = 5;
  problem.new_points.kind = QueryKind::kNewPoints;
  problem.new_points.queries = RandomPoints(random, Shape::kUniform, 131, 3);
  return problem;
}

std::vector<const Question*> QuestionsOf(const Problem& problem) {
  return {&problem.neighbors, &problem.predecessors, &problem.some_rows, &problem.new_points};
}

// Searches with any number of threads and tiles of any size, in an index made by any number of threads.
bool ThreadsAndTilesHold(const Problem& problem) {
  const CreatedIndex serial = CreateIndex(problem.model);
  if (serial.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  for (const int32_t threads : {0, 2, 5}) {
    const CreatedIndex other = CreateIndex(problem.model, RESIDUAL_KNN_DIMENSION_MAJOR, threads);
    if (!FactorOf(serial.index.get()).SameAs(FactorOf(other.index.get()))) {
      return Fail("V or p depend on threads = " + std::to_string(threads));
    }
  }
  constexpr int64_t kTiles[][2] = {{0, 0}, {1, 64}, {64, 1}, {7, 13}, {100000, 100000}, {33, 1000}};
  for (const Question* question : QuestionsOf(problem)) {
    const Answer expected = Ask(serial.index.get(), *question);
    if (expected.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
    // Single rows are tried with the short questions only.
    const bool is_long = question->all_rows;
    for (const int32_t threads : {1, 2, 5}) {
      for (const auto& tile : kTiles) {
        if (is_long && (tile[0] == 1 || tile[1] == 1)) continue;
        Manner manner;
        manner.threads = threads;
        manner.tile_queries = tile[0];
        manner.tile_candidates = tile[1];
        manner.strategy = kAllStrategies[(threads + tile[0]) % std::ssize(kAllStrategies)];
        if (!Ask(serial.index.get(), *question, manner).SameAs(expected)) {
          return Fail(Describe(*question) + ": another answer with " + Describe(manner));
        }
      }
    }
  }
  return true;
}

// `order` is the place of each query of `shuffled` in `expected`.
bool SameShuffled(const Answer& shuffled, const Answer& expected,
                  const std::vector<int64_t>& order) {
  for (size_t q = 0; q < order.size(); ++q) {
    const int64_t at = static_cast<int64_t>(q) * expected.k;
    const int64_t from = order[q] * expected.k;
    if (std::memcmp(&shuffled.neighbors[at], &expected.neighbors[from],
                    expected.k * sizeof(int64_t)) != 0 ||
        std::memcmp(&shuffled.distances[at], &expected.distances[from],
                    expected.k * sizeof(double)) != 0) {
      return false;
    }
  }
  return shuffled.status == RESIDUAL_KNN_OK;
}

bool BatchesHold(const TestRun& run, const Problem& problem) {
  const CreatedIndex created = CreateIndex(problem.model);
  Random random(run.seed);
  for (const Question* question : QuestionsOf(problem)) {
    const Answer expected = Ask(created.index.get(), *question);
    if (expected.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
    const int64_t count = question->count();
    // Parts of all sizes; single queries at some places.
    for (int64_t first = 0; first < count;) {
      const int64_t size = random.Chance(0.5) ? 1 : random.LogInteger(1, count);
      const int64_t piece = std::min(size, count - first);
      Manner manner;
      manner.threads = static_cast<int32_t>(random.Integer(1, 3));
      const Answer answer = Ask(created.index.get(), Part(*question, first, piece), manner);
      std::vector<int64_t> order(piece);
      std::iota(order.begin(), order.end(), first);
      if (!SameShuffled(answer, expected, order)) {
        return Fail(run.seed, Describe(*question) + ": another answer for queries " +
                                  std::to_string(first) + " to " +
                                  std::to_string(first + piece - 1) + " on their own");
      }
      first += piece;
    }
    // The queries in another order.
    const std::vector<int64_t> order = RandomPermutation(random, count);
    Question shuffled = *question;
    shuffled.all_rows = false;
    for (int64_t q = 0; q < count; ++q) {
      if (!question->rows.empty()) shuffled.rows[q] = question->rows[order[q]];
      for (int64_t c = 0; c < question->queries.d && !question->queries.values.empty(); ++c) {
        shuffled.queries(q, c) = question->queries(order[q], c);
      }
    }
    Manner manner;
    manner.threads = 2;
    if (!SameShuffled(Ask(created.index.get(), shuffled, manner), expected, order)) {
      return Fail(run.seed, Describe(*question) + ": another answer in another order");
    }
  }
  return true;
}

// A new point at the place of an index point has the same V and p, independent of the other points of the call.
bool NewPointsHaveTheFactorOfRows(const Problem& problem) {
  const CreatedIndex created = CreateIndex(problem.model);
  Question question = problem.new_points;
  const int64_t rows = std::min<int64_t>(problem.model.points.n, 200);
  question.queries = {rows, 3, {}};
  const auto begin = problem.model.points.values.begin();
  question.queries.values.assign(begin, begin + rows * 3);
  question.k = static_cast<int32_t>(problem.model.points.n);
  const Answer as_points = Ask(created.index.get(), question);
  Question of_rows;
  of_rows.k = static_cast<int32_t>(problem.model.points.n);
  of_rows.rows.resize(rows);
  std::iota(of_rows.rows.begin(), of_rows.rows.end(), int64_t{0});
  const Answer as_rows = Ask(created.index.get(), of_rows);
  if (as_points.status != RESIDUAL_KNN_OK || as_rows.status != RESIDUAL_KNN_OK) {
    return Fail(residual_knn_last_error());
  }
  // The answers are the same except for the row itself, which is a candidate of the new point only.
  const int64_t k = question.k;
  for (int64_t q = 0; q < rows; ++q) {
    int64_t rank = 0;
    for (int64_t at = 0; at < k; ++at) {
      if (as_points.neighbors[q * k + at] == q) continue;
      if (as_points.neighbors[q * k + at] != as_rows.neighbors[q * k + rank] ||
          as_points.distances[q * k + at] != as_rows.distances[q * k + rank]) {
        return Fail("row " + std::to_string(q) + " as a new point: another neighbor at rank " +
                    std::to_string(rank));
      }
      ++rank;
    }
    if (rank != k - 1) return Fail("row " + std::to_string(q) + " is missing");
  }
  return true;
}

// Two indices of the same model and repeated searches.
bool RunsAreTheSame(const Problem& problem) {
  const CreatedIndex one = CreateIndex(problem.model);
  const CreatedIndex two = CreateIndex(problem.model);
  if (!FactorOf(one.index.get()).SameAs(FactorOf(two.index.get())))
    return Fail("V or p differ between runs");
  for (const Question* question : QuestionsOf(problem)) {
    const Answer first = Ask(one.index.get(), *question);
    if (!Ask(one.index.get(), *question).SameAs(first) ||
        !Ask(two.index.get(), *question).SameAs(first)) {
      return Fail(Describe(*question) + ": another answer in another run");
    }
  }
  return true;
}

bool EverythingHolds(const TestRun& run, int32_t family, int64_t m) {
  const Problem problem = DrawProblem(run, family, m);
  return ThreadsAndTilesHold(problem) && BatchesHold(run, problem) &&
         NewPointsHaveTheFactorOfRows(problem) && RunsAreTheSame(problem);
}

void TestMatern32(void** state) {
  assert_true(EverythingHolds(*static_cast<const TestRun*>(*state), RESIDUAL_KNN_MATERN32, 61));
}
// Ill-conditioned: the products lose most of their digits.
void TestSquaredExponential(void** state) {
  assert_true(
      EverythingHolds(*static_cast<const TestRun*>(*state), RESIDUAL_KNN_SQUARED_EXPONENTIAL, 100));
}
void TestWithoutInducingPoints(void** state) {
  assert_true(EverythingHolds(*static_cast<const TestRun*>(*state), RESIDUAL_KNN_MATERN12, 0));
}
void TestGeneralMatern(void** state) {
  assert_true(EverythingHolds(*static_cast<const TestRun*>(*state), RESIDUAL_KNN_MATERN, 20));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestMatern32, &run),
      cmocka_unit_test_prestate(TestSquaredExponential, &run),
      cmocka_unit_test_prestate(TestWithoutInducingPoints, &run),
      cmocka_unit_test_prestate(TestGeneralMatern, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
