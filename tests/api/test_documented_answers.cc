// The documented answers in special cases: identical points, degenerate points, fewer candidates than k, inducing
// points that coincide.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

std::vector<int64_t> AllRows(int64_t n) {
  std::vector<int64_t> rows(n);
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

// Every query has the candidates with the smallest row numbers, in order, all at the same distance.
bool SmallestRowsFirst(const Answer& answer, const Question& question, int64_t n, double low,
                       double high) {
  if (answer.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  for (int64_t q = 0; q < question.count(); ++q) {
    const int64_t self = question.rows.empty() ? -1 : question.rows[q];
    const int64_t end = question.kind == QueryKind::kPredecessors ? self : n;
    int64_t next = 0;
    for (int32_t rank = 0; rank < question.k; ++rank, ++next) {
      if (next == self) ++next;
      const int64_t expected = next < end ? next : -1;
      const int64_t neighbor = answer.neighbors[q * question.k + rank];
      const double distance = answer.distances[q * question.k + rank];
      if (neighbor != expected) {
        return Fail("query " + std::to_string(q) + ", rank " + std::to_string(rank) + ": " +
                    std::to_string(neighbor) + " instead of " + std::to_string(expected));
      }
      if (expected >= 0 ? !(distance >= low && distance <= high) : distance != kInf) {
        return Fail("query " + std::to_string(q) + ", rank " + std::to_string(rank) +
                    ": distance " + std::to_string(distance));
      }
    }
  }
  return true;
}

bool AskedInAllWays(const residual_knn_index* index, const Points& points, double low,
                    double high) {
  Question question;
  for (const int32_t k : {1, 5, static_cast<int32_t>(points.n) + 3}) {
    for (const QueryKind kind :
         {QueryKind::kNeighbors, QueryKind::kPredecessors, QueryKind::kNewPoints}) {
      question.kind = kind;
      question.k = k;
      question.rows = AllRows(points.n);
      question.queries = {};
      if (kind == QueryKind::kNewPoints) {
        question.rows.clear();
        question.queries = {2, points.d, {}};
        question.queries.values.assign(points.values.begin(), points.values.begin() + 2 * points.d);
      }
      for (const int32_t ranking : {RESIDUAL_KNN_ABSOLUTE, RESIDUAL_KNN_SIGNED}) {
        Manner manner;
        manner.ranking = ranking;
        if (!SmallestRowsFirst(Ask(index, question, manner), question, points.n, low, high)) {
          return false;
        }
      }
    }
  }
  return true;
}

// All points are at the same place. Without a nugget, they are the same random variable, at distance 0 up to rounding.
// With a nugget, the distance is sqrt(nugget / (K + nugget)).
bool IdenticalPointsHold() {
  Model model;
  model.points = {300, 2, std::vector<double>(600, 0.25)};
  model.inducing = {0, 2, {}};
  for (const double variance : {1.0, 3.0}) {
    model.kernel.variance = variance;
    for (int32_t family = 0; family < kNumFamilies; ++family) {
      model.kernel.family = family;
      model.kernel.nu = 0.7;
      model.nugget = 0;
      const CreatedIndex plain = CreateIndex(model);
      if (!AskedInAllWays(plain.index.get(), model.points, 0, variance == 1 ? 0 : 3e-8)) {
        return Fail("identical points, kernel " + std::to_string(family));
      }
      model.nugget = 0.25 * variance;
      const CreatedIndex noisy = CreateIndex(model);
      const double distance = std::sqrt(0.2);
      if (!AskedInAllWays(noisy.index.get(), model.points, distance - 1e-12, distance + 1e-12)) {
        return Fail("identical points with a nugget, kernel " + std::to_string(family));
      }
    }
  }
  // Near an inducing point, p is not degenerate with this jitter.
  model.kernel = {};
  model.nugget = 0;
  model.inducing = {1, 2, {0.75, 0.25}};
  const CreatedIndex beside = CreateIndex(model);
  return AskedInAllWays(beside.index.get(), model.points, 0, 1e-7) ||
         Fail("identical points beside an inducing point");
}

// Every point is an inducing point, without jitter: all residual variances are 0.
bool DegeneratePointsHold() {
  Random random(11);
  Model model;
  model.kernel.family = RESIDUAL_KNN_MATERN12;
  model.points = RandomPoints(random, Shape::kUniform, 30, 2);
  model.inducing = model.points;
  model.jitter = 0;
  const CreatedIndex created = CreateIndex(model);
  if (created.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  const residual_knn_info info = InfoOf(created.index.get());
  if (info.degenerate_points != 30) {
    return Fail(std::to_string(info.degenerate_points) + " of 30 points are degenerate");
  }
  for (const double share : info.residual_share) {
    if (!(share >= 0 && share < 1e-12)) return Fail("residual_share " + std::to_string(share));
  }
  if (!AskedInAllWays(created.index.get(), model.points, 1, 1)) {
    return Fail("all points degenerate");
  }

  // A point with p = 0 among other points: at distance 1, after all correlated points.
  Model some = model;
  some.inducing = {0, 2, {}};
  FactorCopy factor{0, {}, std::vector<double>(30, 1.0)};
  factor.p[4] = factor.p[7] = factor.p[29] = 0;
  const CreatedIndex given = CreateIndexFromFactor(some, factor);
  Question question;
  question.k = 29;
  question.rows = {0, 7};
  const Answer answer = Ask(given.index.get(), question);
  if (answer.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  const int64_t* last = answer.neighbors.data() + 26;
  if (InfoOf(given.index.get()).degenerate_points != 3 || last[0] != 4 || last[1] != 7 ||
      last[2] != 29 || answer.distances[25] >= 1 || answer.distances[26] != 1 ||
      answer.distances[28] != 1) {
    return Fail("three degenerate points of 30");
  }
  for (int64_t rank = 0; rank < 29; ++rank) {
    const int64_t expected = rank < 7 ? rank : rank + 1;
    if (answer.neighbors[29 + rank] != expected || answer.distances[29 + rank] != 1) {
      return Fail("neighbors of a degenerate point");
    }
  }
  return true;
}

// Fewer candidates than k.
bool FewCandidatesHold() {
  Model model;
  model.points = {3, 1, {0.0, 1.0, 3.0}};
  model.inducing = {0, 1, {}};
  const CreatedIndex created = CreateIndex(model);
  Question question;
  question.k = 4;
  question.rows = {2, 0, 1};
  const Answer neighbors = Ask(created.index.get(), question);
  const std::vector<int64_t> expected = {1, 0, -1, -1, 1, 2, -1, -1, 0, 2, -1, -1};
  if (neighbors.status != RESIDUAL_KNN_OK || neighbors.neighbors != expected) {
    return Fail("neighbors of three points");
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    if ((neighbors.distances[i] == kInf) != (expected[i] == -1)) return Fail("missing distances");
  }
  question.kind = QueryKind::kPredecessors;
  const Answer predecessors = Ask(created.index.get(), question);
  const std::vector<int64_t> before = {1, 0, -1, -1, -1, -1, -1, -1, 0, -1, -1, -1};
  if (predecessors.neighbors != before || predecessors.distances[4] != kInf) {
    return Fail("predecessors of three points");
  }
  Manner manner;
  manner.int32_rows = true;
  manner.base = 1;
  manner.missing = std::numeric_limits<int32_t>::min();
  if (!Ask(created.index.get(), question, manner).SameAs(predecessors)) {
    return Fail("predecessors of three points, int32");
  }

  model.points = {1, 1, {5.0}};
  const CreatedIndex single = CreateIndex(model);
  question.kind = QueryKind::kNeighbors;
  question.rows = {0, 0};
  const Answer alone = Ask(single.index.get(), question);
  if (alone.status != RESIDUAL_KNN_OK || alone.neighbors != std::vector<int64_t>(8, -1)) {
    return Fail("neighbors of a single point");
  }
  question.kind = QueryKind::kNewPoints;
  question.rows.clear();
  question.queries = {1, 1, {5.0}};
  const Answer itself = Ask(single.index.get(), question);
  return (itself.neighbors == std::vector<int64_t>{0, -1, -1, -1} && itself.distances[0] == 0 &&
          itself.distances[1] == kInf) ||
         Fail("a new point where the only point is");
}

// The number after `word` in the text, or -1.
int64_t NumberAfter(const std::string& text, const std::string& word) {
  size_t at = text.find(word);
  if (at == std::string::npos) return -1;
  at += word.size();
  while (at < text.size() && text[at] == ' ') ++at;
  int64_t number = -1;
  for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0; ++at) {
    number = std::max<int64_t>(number, 0) * 10 + (text[at] - '0');
  }
  return number;
}

// Two inducing points at the same place are an error without jitter, for any rounding of the pivot. With the default
// jitter, they are not an error.
bool DuplicateInducingPointsHold(const TestRun& run) {
  const int64_t cases = run.Scaled(200);
  for (int64_t i = 0; i < cases; ++i) {
    const uint64_t seed = run.seed + i;
    Random random(seed);
    Model model;
    model.kernel.family = RESIDUAL_KNN_MATERN12;
    model.kernel.variance = random.Chance(0.5) ? 1 : std::exp(random.Uniform(-5, 5));
    model.kernel.lengthscales = {random.Uniform(0.1, 1)};
    model.points = RandomPoints(random, Shape::kUniform, 20, 3);
    const int64_t m = random.LogInteger(2, 200);
    model.inducing = RandomPoints(random, Shape::kUniform, m, 3);
    const int64_t twin = random.Integer(1, m - 1);
    const int64_t original = random.Integer(0, twin - 1);
    for (int64_t c = 0; c < 3; ++c) model.inducing(twin, c) = model.inducing(original, c);
    const std::string context = "m=" + std::to_string(m) + ", twins " + std::to_string(original) +
                                " and " + std::to_string(twin) + ": ";

    model.jitter = 0;
    const CreatedIndex failed = CreateIndex(model);
    const std::string message = residual_knn_last_error();
    if (failed.status != RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE || failed.index != nullptr) {
      return Fail(seed, context + "status " + std::to_string(failed.status));
    }
    if (NumberAfter(message, "pivot") != twin) return Fail(seed, context + message);
    model.jitter = ModelOptions().jitter;
    const CreatedIndex created = CreateIndex(model);
    if (created.status != RESIDUAL_KNN_OK) {
      return Fail(seed, context + residual_knn_last_error());
    }
    if (InfoOf(created.index.get()).jitter != 1e-8) return Fail(seed, context + "info.jitter");
  }
  return true;
}

// The jitter grows tenfold up to max_jitter, and the info reports its last value.
bool EscalationHolds() {
  Random random(4);
  Model model;
  model.kernel.family = RESIDUAL_KNN_SQUARED_EXPONENTIAL;
  model.points = RandomPoints(random, Shape::kUniform, 50, 1);
  model.inducing = RandomPoints(random, Shape::kUniform, 40, 1);
  residual_knn_model_options options = ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, 1);
  const double lengthscale = 1;
  const auto create = [&](double jitter, double max_jitter, residual_knn_index** index) {
    options.jitter = jitter;
    options.max_jitter = max_jitter;
    return residual_knn_index_create(model.points.values.data(), 50, 1, &lengthscale, 1,
                                     model.inducing.values.data(), 40, &options, index);
  };
  residual_knn_index* index = nullptr;
  // Forty points of a smooth function within one lengthscale: never positive definite with 1e-19.
  if (create(1e-19, 0, &index) != RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE ||
      create(1e-19, 1e-20, &index) != RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE ||
      create(1e-19, 1e-18, &index) != RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE ||
      index != nullptr) {
    return Fail("no error without escalation");
  }
  if (create(1e-19, 1e-6, &index) != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  const IndexHandle escalated(index);
  const double used = InfoOf(index).jitter;
  const double steps = std::log10(used / 1e-19);
  if (!(used > 1e-18 && used <= 1e-6) || std::abs(steps - std::round(steps)) > 1e-9) {
    return Fail("jitter " + std::to_string(used) + " after escalation");
  }
  // The result is the same as with that jitter from the start.
  index = nullptr;
  if (create(used, 0, &index) != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  const IndexHandle direct(index);
  if (FactorOf(direct.get()).v != FactorOf(escalated.get()).v) return Fail("V after escalation");
  // Also from a jitter of 0.
  index = nullptr;
  if (create(0, 1e-6, &index) != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  const IndexHandle from_zero(index);
  if (!(InfoOf(index).jitter > 0 && InfoOf(index).jitter <= 1e-6)) return Fail("jitter from 0");
  // The jitter does not grow if that is not needed.
  index = nullptr;
  if (create(1e-6, 1e-2, &index) != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  const IndexHandle enough(index);
  return InfoOf(index).jitter == 1e-6 || Fail("jitter grew without need");
}

void TestIdenticalPoints(void** /*state*/) { assert_true(IdenticalPointsHold()); }
void TestDegeneratePoints(void** /*state*/) { assert_true(DegeneratePointsHold()); }
void TestFewCandidates(void** /*state*/) { assert_true(FewCandidatesHold()); }
void TestDuplicateInducingPoints(void** state) {
  assert_true(DuplicateInducingPointsHold(*static_cast<const TestRun*>(*state)));
}
void TestEscalation(void** /*state*/) { assert_true(EscalationHolds()); }

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestIdenticalPoints),
      cmocka_unit_test(TestDegeneratePoints),
      cmocka_unit_test(TestFewCandidates),
      cmocka_unit_test_prestate(TestDuplicateInducingPoints, &run),
      cmocka_unit_test(TestEscalation),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
