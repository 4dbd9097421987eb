// The order of rows, and ties, change neither the answers nor their cost. Files are often sorted, points are often
// repeated, and lengthscales are often far below the distances between points. The cost is taken from the statistics of
// a search, which do not depend on the load of the machine.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int32_t kPlaces = 10;

Model ModelOf(Points points, double lengthscale, Random& random) {
  Model model;
  model.points = std::move(points);
  model.inducing = RandomPoints(random, Shape::kUniform, 40, model.points.d);
  model.kernel.family = RESIDUAL_KNN_MATERN12;
  model.kernel.lengthscales = {lengthscale};
  return model;
}

Points Reordered(const Points& points, const std::vector<int64_t>& order) {
  Points out{points.n, points.d, {}};
  for (const int64_t row : order) {
    for (int64_t c = 0; c < points.d; ++c) out.values.push_back(points(row, c));
  }
  return out;
}

// Typical orders of files: by a coordinate up or down, by rows of a raster, along a curve, outwards, by cluster.
constexpr const char* kOrderNames[] = {
    "by x",     "by x, falling", "by y", "by strips of x, then y", "along a Z curve",
    "outwards", "by tiles"};

double KeyOf(int64_t order, double x, double y) {
  switch (order) {
    case 0:
      return x;
    case 1:
      return -x;
    case 2:
      return y;
    case 3:
      return std::floor(40 * x) * 10 + y;
    case 4: {
      double key = 0;
      for (int bit = 1; bit <= 10; ++bit) {
        const double cell = std::ldexp(1.0, bit);
        key = 4 * key + 2 * std::fmod(std::floor(x * cell), 2) + std::fmod(std::floor(y * cell), 2);
      }
      return key;
    }
    case 5:
      return std::hypot(x - 0.5, y - 0.5);
    default:
      return std::floor(4 * x) * 4 + std::floor(4 * y);
  }
}

std::vector<int64_t> OrderOf(int64_t order, const Points& points) {
  std::vector<int64_t> rows(static_cast<size_t>(points.n));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  std::stable_sort(rows.begin(), rows.end(), [&](int64_t a, int64_t b) {
    return KeyOf(order, points(a, 0), points(a, 1)) < KeyOf(order, points(b, 0), points(b, 1));
  });
  return rows;
}

bool CostsLittle(const Answer& answer, const Answer& shuffled) {
  const residual_knn_statistics& is = answer.statistics;
  const residual_knn_statistics& was = shuffled.statistics;
  // A canonical score takes dozens of times as long as the work of a scan for a pair.
  const int64_t most_rescored = std::max(2 * was.pairs_rescored, is.pairs / 40);
  const int64_t scored = is.pairs_scored + is.pivots_scored + is.pivots_coupled;
  const int64_t most_scored =
      (was.pairs_scored + was.pivots_scored + was.pivots_coupled + is.pairs / 10) * 13 / 10;
  return (is.pairs_rescored <= most_rescored && scored <= most_scored) ||
         Fail(std::to_string(is.pairs_rescored) + " pairs of " + std::to_string(is.pairs) +
              " rescored, shuffled " + std::to_string(was.pairs_rescored) + "; " +
              std::to_string(scored) + " scored, at most " + std::to_string(most_scored));
}

// The same points in two orders: the distances of each are the same, byte for byte.
bool SameDistances(const Answer& answer, const std::vector<int64_t>& order,
                   const Answer& shuffled) {
  for (size_t i = 0; i < order.size(); ++i) {
    const auto at = answer.distances.begin() + static_cast<std::ptrdiff_t>(i) * kPlaces;
    const auto was = shuffled.distances.begin() + static_cast<std::ptrdiff_t>(order[i]) * kPlaces;
    if (!std::equal(at, at + kPlaces, was)) return Fail("other distances of " + std::to_string(i));
  }
  return true;
}

void TestSortedRows(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const int64_t rows = run.ScaledRows(4000);
  // Sanitized programs try fewer orders.
  const int64_t orders = std::min(run.Scaled(std::ssize(kOrderNames)), std::ssize(kOrderNames));
  const Model model = ModelOf(RandomPoints(random, Shape::kUniform, rows, 2), 0.2, random);
  const CreatedIndex shuffled = CreateIndex(model);
  assert_int_equal(shuffled.status, RESIDUAL_KNN_OK);
  for (int64_t o = 0; o < orders; ++o) {
    const std::vector<int64_t> order = OrderOf(o, model.points);
    Model sorted = model;
    sorted.points = Reordered(model.points, order);
    const CreatedIndex created = CreateIndex(sorted);
    assert_int_equal(created.status, RESIDUAL_KNN_OK);
    for (const QueryKind kind : {QueryKind::kNeighbors, QueryKind::kPredecessors}) {
      const Question question = AllRows(kind, rows, kPlaces);
      for (const int32_t strategy :
           {RESIDUAL_KNN_BRUTE_FORCE, RESIDUAL_KNN_DUAL_TREE, RESIDUAL_KNN_LEVEL_SYNCHRONOUS}) {
        Manner manner;
        manner.strategy = strategy;
        const Answer expected = Ask(shuffled.index.get(), question, manner);
        const Answer answer = Ask(created.index.get(), question, manner);
        const bool is_same =
            kind == QueryKind::kPredecessors || SameDistances(answer, order, expected);
        const bool holds =
            (is_same && CostsLittle(answer, expected)) ||
            Fail(run.seed,
                 std::string(kOrderNames[o]) + ", " + residual_knn_strategy_name(strategy) +
                     (kind == QueryKind::kPredecessors ? ", predecessors" : ", all others"));
        assert_true(holds);
      }
    }
  }
}

// A raster in row order, also with lengthscales below its spacing. Most rows have predecessors from many regions at the
// same distance.
void TestRasters(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  constexpr int64_t kSide = 60;
  Points points{kSide * kSide, 2, {}};
  for (int64_t i = 0; i < points.n; ++i) {
    points.values.push_back(static_cast<double>(i / kSide) / kSide);
    points.values.push_back(static_cast<double>(i % kSide) / kSide);
  }
  std::vector<int64_t> order(static_cast<size_t>(points.n));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937_64(run.seed));
  for (const double lengthscale : {0.01, 0.3, 2.0}) {
    Model model = ModelOf(points, lengthscale / kSide, random);
    model.kernel.family = RESIDUAL_KNN_MATERN32;
    Model shuffled = model;
    shuffled.points = Reordered(points, order);
    const CreatedIndex created = CreateIndex(model);
    const CreatedIndex other = CreateIndex(shuffled);
    for (const QueryKind kind : {QueryKind::kNeighbors, QueryKind::kPredecessors}) {
      const Question question = AllRows(kind, points.n, kPlaces);
      const Answer answer = Ask(created.index.get(), question, {});
      const Answer expected = Ask(other.index.get(), question, {});
      const residual_knn_statistics& is = answer.statistics;
      const residual_knn_statistics& was = expected.statistics;
      const bool holds =
          (answer.status == RESIDUAL_KNN_OK && CostsLittle(answer, expected) &&
           is.pairs_rescored <= std::max(2 * was.pairs_rescored, is.pairs / 60)) ||
          Fail(run.seed, "lengthscale " + std::to_string(lengthscale) + ": " +
                             std::to_string(is.pairs_rescored) + " rescored, shuffled " +
                             std::to_string(was.pairs_rescored));
      assert_true(holds);
    }
  }
}

// Rows in the order in which each query must find them. The query itself may be among them.
using Expected = std::vector<int64_t> (*)(int64_t query, int64_t n);

std::vector<int64_t> SmallestRows(int64_t /*query*/, int64_t n) {
  std::vector<int64_t> rows(static_cast<size_t>(std::min<int64_t>(n, kPlaces + 1)));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

// Locations alternate, so that rows of the same location are nearest.
constexpr int64_t kLocations = 4;
std::vector<int64_t> SameLocation(int64_t query, int64_t n) {
  std::vector<int64_t> rows;
  for (int64_t row = query % kLocations; row < n; row += kLocations) rows.push_back(row);
  return rows;
}

// Rows are pairs of neighbors. The other row of the pair is nearest, then the smallest rows.
std::vector<int64_t> PartnerFirst(int64_t query, int64_t n) {
  std::vector<int64_t> rows = SmallestRows(query, n);
  const int64_t partner = query ^ 1;
  std::erase(rows, partner);
  rows.insert(rows.begin(), partner);
  return rows;
}

bool RowsAre(const Answer& answer, QueryKind kind, int64_t n, Expected expected) {
  for (int64_t q = 0; q < answer.queries; ++q) {
    const bool is_new = kind == QueryKind::kNewPoints;
    const int64_t limit = kind == QueryKind::kPredecessors ? q : n;
    std::vector<int64_t> rows = expected(q, n);
    std::erase_if(rows, [&](int64_t row) { return row >= limit || (!is_new && row == q); });
    // The expected rows end early if the next predecessor is beyond the end of the list.
    const auto places = std::min<int64_t>(kPlaces, std::ssize(rows));
    const auto found = answer.neighbors.begin() + q * kPlaces;
    if (!std::equal(rows.begin(), rows.begin() + places, found)) {
      return Fail("query " + std::to_string(q) + " has other rows");
    }
  }
  return true;
}

// All strategies, or, in programs with sanitizers, two different ones.
std::vector<int32_t> StrategiesOf(const TestRun& run) {
  if (run.size < 1) return {RESIDUAL_KNN_BRUTE_FORCE, RESIDUAL_KNN_DUAL_TREE};
  return {std::begin(kAllStrategies), std::end(kAllStrategies)};
}

bool TiesHold(const TestRun& run, const Model& model, Expected expected, const char* name) {
  const std::vector<int32_t> strategies = StrategiesOf(run);
  const int64_t n = model.points.n;
  const CreatedIndex created = CreateIndex(model);
  if (created.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  for (const QueryKind kind : {QueryKind::kNeighbors, QueryKind::kPredecessors}) {
    const Question question = AllRows(kind, n, kPlaces);
    for (const int32_t strategy : strategies) {
      for (const int32_t ranking : {RESIDUAL_KNN_ABSOLUTE, RESIDUAL_KNN_SIGNED}) {
        Manner manner;
        manner.strategy = strategy;
        manner.ranking = ranking;
        const Answer answer = Ask(created.index.get(), question, manner);
        const residual_knn_statistics& statistics = answer.statistics;
        const bool ends_early = statistics.pairs_rescored <= statistics.pairs / 25 &&
                                statistics.pairs_scored + statistics.pivots_scored <=
                                    statistics.pairs + statistics.pairs / 2;
        if (RowsAre(answer, kind, n, expected) && ends_early) continue;
        return Fail(std::string(name) + ", " + residual_knn_strategy_name(strategy) +
                    (ranking == RESIDUAL_KNN_SIGNED ? ", signed: " : ": ") +
                    std::to_string(statistics.pairs) + " pairs, " +
                    std::to_string(statistics.pairs_rescored) + " rescored, " +
                    std::to_string(statistics.pairs_scored + statistics.pivots_scored) + " scored");
      }
    }
  }
  return true;
}

constexpr int64_t kTiedRows = 3000;

// Points away from the inducing points, so that there is residual variance.
void TestIdenticalRows(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  Points points{kTiedRows, 2, std::vector<double>(2 * kTiedRows, 1.15)};
  const Model identical = ModelOf(points, 0.3, random);
  for (int64_t i = 0; i < kTiedRows; ++i) {
    points(i, 0) += 0.1 * static_cast<double>(i % kLocations);
  }
  const Model four = ModelOf(points, 0.3, random);
  const bool holds = TiesHold(run, identical, SmallestRows, "all rows are one point") &&
                     TiesHold(run, four, SameLocation, "four points");
  assert_true(holds || Fail(run.seed, "ties"));
}

void TestLengthscalesFarBelowSpacing(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  constexpr double kLengthscale = 1e-7;
  const Points points = RandomPoints(random, Shape::kUniform, kTiedRows, 2);
  Points pairs = points;
  for (int64_t i = 1; i < kTiedRows; i += 2) {
    for (int64_t c = 0; c < 2; ++c) pairs(i, c) = pairs(i - 1, c) + kLengthscale * random.Normal();
  }
  const bool holds =
      TiesHold(run, ModelOf(points, kLengthscale, random), SmallestRows, "nothing is correlated") &&
      TiesHold(run, ModelOf(pairs, kLengthscale, random), PartnerFirst,
               "only pairs are correlated");
  assert_true(holds || Fail(run.seed, "ties"));
}

// New points far from all points.
void TestNewPointsFarAway(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const Model model = ModelOf(RandomPoints(random, Shape::kUniform, kTiedRows, 2), 0.2, random);
  const CreatedIndex created = CreateIndex(model);
  Question question;
  question.kind = QueryKind::kNewPoints;
  question.k = kPlaces;
  question.queries = RandomPoints(random, Shape::kUniform, 500, 2);
  for (double& x : question.queries.values) x = 1000 * x + 500;
  for (const int32_t strategy : kAllStrategies) {
    Manner manner;
    manner.strategy = strategy;
    const Answer answer = Ask(created.index.get(), question, manner);
    const bool holds =
        (RowsAre(answer, QueryKind::kNewPoints, kTiedRows, SmallestRows) &&
         answer.statistics.pairs_rescored <= answer.statistics.pairs / 25) ||
        Fail(run.seed, std::string(residual_knn_strategy_name(strategy)) + " rescored " +
                           std::to_string(answer.statistics.pairs_rescored));
    assert_true(holds);
  }
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestSortedRows, &run),
      cmocka_unit_test_prestate(TestRasters, &run),
      cmocka_unit_test_prestate(TestIdenticalRows, &run),
      cmocka_unit_test_prestate(TestLengthscalesFarBelowSpacing, &run),
      cmocka_unit_test_prestate(TestNewPointsFarAway, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
