// The ranking by scaled distance: rows and bytes of distances equal those of brute force in this file, for all kinds of
// questions, orders of rows and strategies.
//
// The library subtracts an origin that callers do not see. The expected bytes are known in two cases: coordinates are
// multiples of 2^-20 and lengthscales are powers of two, so that subtraction and division are exact; or more than two
// fifths of each coordinate are 0, so that the origin is 0.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

enum class Exactness { kMultiples, kZeroOrigin };

// Orders of rows.
enum class Order { kRandom, kAscending, kDescending, kMaximin };
constexpr std::array kOrders = {Order::kRandom, Order::kAscending, Order::kDescending,
                                Order::kMaximin};
constexpr std::array kOrderNames = {"random", "ascending", "descending", "maximin"};

struct Problem {
  Model model;
  Shape shape = Shape::kUniform;
  Exactness exactness = Exactness::kMultiples;
  Order order = Order::kRandom;
  std::string description;
};

void RoundToMultiples(Points& points) {
  for (double& value : points.values) value = std::round(value * 0x1p20) * 0x1p-20;
}

// Sets half of the values of each coordinate to 0.
void PutZeros(Random& random, Points& points) {
  const std::vector<int64_t> rows = RandomPermutation(random, points.n);
  for (int64_t c = 0; c < points.d; ++c) {
    for (int64_t i = 0; i < (points.n + 1) / 2; ++i) {
      points(rows[(i + c * points.n / 3) % points.n], c) = 0;
    }
  }
}

std::vector<double> ScalesOf(Random& random, Exactness exactness, int64_t d) {
  std::vector<double> scales;
  const int64_t count = random.Chance(0.5) ? 1 : d;
  for (int64_t c = 0; c < count; ++c) {
    scales.push_back(exactness == Exactness::kMultiples
                         ? std::ldexp(1.0, static_cast<int>(random.Integer(-3, 3)))
                         : random.Uniform(0.1, 3));
  }
  return scales;
}

Points Reordered(const Points& points, const std::vector<int64_t>& order) {
  Points out{points.n, points.d, {}};
  for (const int64_t row : order) {
    for (int64_t c = 0; c < points.d; ++c) out.values.push_back(points(row, c));
  }
  return out;
}

Points InOrder(const Points& points, Order order) {
  std::vector<int64_t> rows(static_cast<size_t>(points.n));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  if (order == Order::kAscending || order == Order::kDescending) {
    std::stable_sort(rows.begin(), rows.end(),
                     [&](int64_t a, int64_t b) { return points(a, 0) < points(b, 0); });
    if (order == Order::kDescending) std::reverse(rows.begin(), rows.end());
  }
  if (order == Order::kMaximin) {
    const double lengthscale = 1;
    residual_knn_order_points(points.values.data(), points.n, points.d, &lengthscale, 1,
                              RESIDUAL_KNN_ORDER_MAXIMIN, nullptr, rows.data());
  }
  return Reordered(points, rows);
}

Problem DrawProblem(Random& random, int64_t largest_n) {
  Problem problem;
  problem.exactness = random.Chance(0.3) ? Exactness::kZeroOrigin : Exactness::kMultiples;
  problem.shape = static_cast<Shape>(random.Integer(0, kNumShapes - 1));
  const int64_t n = random.LogInteger(1, largest_n);
  const int64_t d = random.LogInteger(1, 10);
  Points points = RandomPoints(random, problem.shape, n, d);
  if (random.Chance(0.2)) points(random.Integer(0, n - 1), d - 1) = 0x1p30;  // one outlier
  if (problem.exactness == Exactness::kMultiples) RoundToMultiples(points);
  if (problem.exactness == Exactness::kZeroOrigin) PutZeros(random, points);
  const int64_t order = random.Integer(0, std::ssize(kOrders) - 1);
  problem.order = kOrders[order];
  problem.model.points = InOrder(points, problem.order);
  problem.model.kernel.lengthscales = ScalesOf(random, problem.exactness, d);
  // Points that are inducing points are degenerate, or nearly so.
  problem.model.inducing = RandomRowsOf(random, problem.model.points, random.Integer(0, 5));
  problem.description = "n=" + std::to_string(n) + " d=" + std::to_string(d) + " " +
                        ShapeName(problem.shape) + ", " + kOrderNames[order] +
                        (problem.exactness == Exactness::kZeroOrigin ? ", zeros" : ", multiples");
  return problem;
}

double ScaleOf(const Model& model, int64_t c) {
  const std::vector<double>& scales = model.kernel.lengthscales;
  return scales[scales.size() == 1 ? 0 : c];
}

// Points divided by their lengthscales.
Points Scaled(const Model& model, Points points) {
  for (int64_t i = 0; i < points.n; ++i) {
    for (int64_t c = 0; c < points.d; ++c) points(i, c) /= ScaleOf(model, c);
  }
  return points;
}

double SquaredDistance(const Points& a, int64_t i, const Points& b, int64_t j) {
  double square = 0;
  for (int64_t c = 0; c < a.d; ++c) {
    const double difference = a(i, c) - b(j, c);
    square += difference * difference;
  }
  return square;
}

// The definition: all candidates, sorted.
Answer BruteForce(const Model& model, const Question& question) {
  struct Candidate {
    double square;
    int64_t row;
  };
  const bool of_rows =
      question.kind == QueryKind::kNeighbors || question.kind == QueryKind::kPredecessors;
  const Points points = Scaled(model, model.points);
  const Points queries = of_rows ? points : Scaled(model, question.queries);
  Answer answer;
  answer.status = RESIDUAL_KNN_OK;
  answer.k = question.k;
  std::vector<Candidate> candidates;
  for (int64_t q = 0; q < question.count(); ++q) {
    const int64_t self = of_rows ? question.rows[q] : -1;
    const int64_t limit = question.kind == QueryKind::kPredecessors ? self : points.n;
    candidates.clear();
    for (int64_t row = 0; row < limit; ++row) {
      if (row == self) continue;
      candidates.push_back({SquaredDistance(queries, of_rows ? self : q, points, row), row});
    }
    std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
      return a.square != b.square ? a.square < b.square : a.row < b.row;
    });
    for (int32_t rank = 0; rank < question.k; ++rank) {
      const bool exists = rank < std::ssize(candidates);
      answer.neighbors.push_back(exists ? candidates[rank].row : -1);
      answer.distances.push_back(exists ? std::sqrt(candidates[rank].square)
                                        : std::numeric_limits<double>::infinity());
    }
  }
  return answer;
}

// Any kind of question, with new points at and near the points of the model.
Question DrawAnyQuestion(Random& random, const Problem& problem, const FactorCopy& factor) {
  const Points& points = problem.model.points;
  Question question = DrawQuestion(random, {problem.model, problem.shape, 0, ""});
  if (question.kind != QueryKind::kNewPoints) return question;
  RoundToMultiples(question.queries);
  if (random.Chance(0.5)) return question;
  question.kind = QueryKind::kNewFactor;
  question.query_factor.m = factor.m;
  for (int64_t q = 0; q < question.queries.n; ++q) {
    const int64_t row = q % points.n;  // V and p have no effect on the answer
    question.query_factor.p.push_back(factor.p[row]);
    question.query_factor.v.insert(question.query_factor.v.end(), factor.v.begin() + row * factor.m,
                                   factor.v.begin() + (row + 1) * factor.m);
  }
  return question;
}

bool StatisticsHold(const Question& question, const Manner& manner, const Answer& answer) {
  const residual_knn_statistics& is = answer.statistics;
  const bool scans = is.strategy == RESIDUAL_KNN_BRUTE_FORCE;
  const bool asked =
      manner.strategy == RESIDUAL_KNN_BRUTE_FORCE || manner.strategy == RESIDUAL_KNN_BEST_FIRST;
  const int32_t reason = asked   ? RESIDUAL_KNN_REASON_REQUESTED
                         : scans ? RESIDUAL_KNN_REASON_FEW_PAIRS
                                 : RESIDUAL_KNN_REASON_SCALED_DISTANCE;
  const int64_t with_self = question.kind == QueryKind::kNeighbors ? question.count() : 0;
  if (!scans && is.strategy != RESIDUAL_KNN_BEST_FIRST) return Fail("another strategy");
  if (scans && is.pairs_scored != is.pairs + with_self) return Fail("another number of pairs");
  if (is.pairs_scored > is.pairs + with_self) return Fail("more pairs than there are");
  if (is.reason != reason) return Fail("reason " + std::to_string(is.reason));
  return (is.uninformative_queries == 0 && is.pairs_rescored == 0) ||
         Fail("counts of correlations");
}

bool CaseHolds(uint64_t seed, int64_t largest_n) {
  Random random(seed);
  const Problem problem = DrawProblem(random, largest_n);
  const CreatedIndex created = CreateIndex(problem.model);
  if (created.status != RESIDUAL_KNN_OK) return Fail(seed, residual_knn_last_error());
  const FactorCopy factor = FactorOf(created.index.get());
  const CreatedIndex given = CreateIndexFromFactor(problem.model, factor);
  for (int question_number = 0; question_number < 3; ++question_number) {
    const Question question = DrawAnyQuestion(random, problem, factor);
    const Answer expected = BruteForce(problem.model, question);
    const bool needs_given = question.kind == QueryKind::kNewFactor ||
                             (question.kind != QueryKind::kNewPoints && random.Chance(0.3));
    for (int manner_number = 0; manner_number < 4; ++manner_number) {
      const Manner manner =
          DrawManner(random, problem.model.points.n, RESIDUAL_KNN_SCALED_DISTANCE);
      const Answer answer =
          Ask(needs_given ? given.index.get() : created.index.get(), question, manner);
      const std::string text =
          problem.description + "; " + Describe(question) + "; " + Describe(manner);
      if (answer.status != RESIDUAL_KNN_OK) return Fail(seed, text + residual_knn_last_error());
      if (!answer.SameAs(expected)) return Fail(seed, text + ": another answer");
      if (!StatisticsHold(question, manner, answer)) return Fail(seed, text);
    }
  }
  return true;
}

void TestBruteForce(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(SeedsHold(run, 120, [](uint64_t seed) { return CaseHolds(seed, 600); }));
}

// Enough rows for trees of prefixes.
void TestManyRows(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  for (const Order order : kOrders) {
    Model model;
    model.points = RandomPoints(random, Shape::kNormal, run.Scaled(6000), 3);
    RoundToMultiples(model.points);
    model.points = InOrder(model.points, order);
    const CreatedIndex created = CreateIndex(model);
    const Question question = AllRows(QueryKind::kPredecessors, model.points.n, 12);
    Manner manner;
    manner.ranking = RESIDUAL_KNN_SCALED_DISTANCE;
    manner.strategy = RESIDUAL_KNN_BEST_FIRST;
    manner.threads = 1;
    const Answer answer = Ask(created.index.get(), question, manner);
    manner.threads = 4;
    assert_true(Ask(created.index.get(), question, manner).SameAs(answer));
    manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
    assert_true(Ask(created.index.get(), question, manner).SameAs(answer) ||
                Fail(run.seed, "another answer of brute force"));
    // Part of the questions, against the definition.
    const Question part = Part(question, model.points.n / 2, 100);
    const Answer expected = BruteForce(model, part);
    for (int64_t i = 0; i < std::ssize(expected.neighbors); ++i) {
      const int64_t at = i + model.points.n / 2 * question.k;
      assert_int_equal(answer.neighbors[at], expected.neighbors[i]);
      assert_true(answer.distances[at] == expected.distances[i]);
    }
    // No order of rows costs much more than another.
    const auto scored =
        static_cast<double>(answer.statistics.pairs_scored) / static_cast<double>(model.points.n);
    std::printf("%s: %.0f pairs scored for each query\n", kOrderNames[static_cast<size_t>(order)],
                scored);
    assert_true(scored < 500);
  }
}

// Tens of thousands of points at few locations: the smallest rows are found without a look at all of them.
void TestRepeatedPoints(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  Model model;
  model.points = {run.Scaled(30000), 2, {}};
  for (int64_t i = 0; i < model.points.n; ++i) {
    const auto location = static_cast<double>(random.Integer(0, 2));
    model.points.values.insert(model.points.values.end(), {location, -location});
  }
  const CreatedIndex created = CreateIndex(model);
  Question question;
  question.k = 5;
  question.rows = RandomRowNumbers(random, model.points.n, 2000);
  Manner manner;
  manner.ranking = RESIDUAL_KNN_SCALED_DISTANCE;
  manner.strategy = RESIDUAL_KNN_BEST_FIRST;
  for (const QueryKind kind : {QueryKind::kNeighbors, QueryKind::kPredecessors}) {
    question.kind = kind;
    const Answer answer = Ask(created.index.get(), question, manner);
    assert_int_equal(answer.status, RESIDUAL_KNN_OK);
    assert_true(answer.statistics.pairs_scored < 200 * question.count());
    const Question part = Part(question, 0, 50);
    assert_true(Ask(created.index.get(), part, manner).SameAs(BruteForce(model, part)) ||
                Fail(run.seed, "repeated points"));
  }
}

// After an update, the scaled space is another one.
void TestUpdate(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  Model model;
  model.points = RandomPoints(random, Shape::kUniform, run.Scaled(6000), 2);
  RoundToMultiples(model.points);
  model.inducing = RandomRowsOf(random, model.points, 3);
  const CreatedIndex created = CreateIndex(model);
  Question question;
  question.k = 7;
  question.rows = RandomRowNumbers(random, model.points.n, 300);
  Manner manner;
  manner.ranking = RESIDUAL_KNN_SCALED_DISTANCE;
  manner.strategy = RESIDUAL_KNN_BEST_FIRST;
  // The proportions change little, then much.
  for (const std::vector<double>& scales :
       {std::vector<double>{1, 1}, {0.5, 0.5}, {0.5, 0.25}, {8, 0.25}}) {
    model.kernel.lengthscales = scales;
    assert_int_equal(
        residual_knn_index_update(created.index.get(), scales.data(), 2, nullptr, 0, nullptr),
        RESIDUAL_KNN_OK);
    for (const QueryKind kind : {QueryKind::kNeighbors, QueryKind::kPredecessors}) {
      question.kind = kind;
      assert_true(Ask(created.index.get(), question, manner).SameAs(BruteForce(model, question)) ||
                  Fail(run.seed, "after an update"));
    }
  }
}

// Automatic scans a single query, and builds the tree for many.
void TestAutomatic(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  Model model;
  model.points = RandomPoints(random, Shape::kUniform, 5000, 2);
  const CreatedIndex created = CreateIndex(model);
  Manner manner;
  manner.ranking = RESIDUAL_KNN_SCALED_DISTANCE;
  Question question;
  question.rows = {17};
  const Answer one = Ask(created.index.get(), question, manner);
  assert_int_equal(one.statistics.strategy, RESIDUAL_KNN_BRUTE_FORCE);
  assert_int_equal(one.statistics.reason, RESIDUAL_KNN_REASON_FEW_PAIRS);
  const int64_t bytes = InfoOf(created.index.get()).bytes;
  question.rows = RandomRowNumbers(random, model.points.n, 3000);
  const Answer many = Ask(created.index.get(), question, manner);
  assert_int_equal(many.statistics.strategy, RESIDUAL_KNN_BEST_FIRST);
  assert_int_equal(many.statistics.reason, RESIDUAL_KNN_REASON_SCALED_DISTANCE);
  assert_true(many.statistics.coarse_blocks > 0 && many.statistics.blocks_dismissed > 0);
  assert_string_equal(residual_knn_search_warning(created.index.get(), &many.statistics), "");
  // The index keeps the tree: its coordinates and rows.
  assert_true(InfoOf(created.index.get()).bytes - bytes > 5000 * 24);
  question.rows = {17};
  const Answer again = Ask(created.index.get(), question, manner);
  assert_int_equal(again.statistics.strategy, RESIDUAL_KNN_BEST_FIRST);
  assert_true(again.SameAs(one));
  // No queries.
  question.rows.clear();
  assert_int_equal(Ask(created.index.get(), question, manner).status, RESIDUAL_KNN_OK);
}

// Points whose variance is explained by the inducing points, and points that are hardly correlated: neither counts.
void TestNoWarning(void** /*state*/) {
  Random random(3);
  Model model;
  model.points = RandomPoints(random, Shape::kFar, 60, 2);
  model.inducing = model.points;
  model.jitter = 0;
  const CreatedIndex created = CreateIndex(model);
  assert_true(InfoOf(created.index.get()).degenerate_points > 0);
  Question question;
  question.k = 3;
  question.rows = {0, 30, 59};
  Manner manner;
  const Answer correlated = Ask(created.index.get(), question, manner);
  assert_true(correlated.statistics.uninformative_queries > 0);
  manner.ranking = RESIDUAL_KNN_SCALED_DISTANCE;
  const Answer answer = Ask(created.index.get(), question, manner);
  assert_int_equal(answer.statistics.uninformative_queries, 0);
  assert_string_equal(residual_knn_search_warning(created.index.get(), &answer.statistics), "");
  // Coordinates of new points that are too coarse for their lengthscale are still reported.
  question.kind = QueryKind::kNewPoints;
  question.queries = {1, 2, {1e15, 0}};
  const Answer coarse = Ask(created.index.get(), question, manner);
  assert_int_equal(coarse.statistics.coarse_queries, 1);
  assert_true(std::string(residual_knn_search_warning(created.index.get(), &coarse.statistics))
                  .find("queries") != std::string::npos);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestBruteForce, &run),
      cmocka_unit_test_prestate(TestManyRows, &run),
      cmocka_unit_test_prestate(TestRepeatedPoints, &run),
      cmocka_unit_test_prestate(TestUpdate, &run),
      cmocka_unit_test_prestate(TestAutomatic, &run),
      cmocka_unit_test(TestNoWarning),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
