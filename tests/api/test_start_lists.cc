// Start lists never change an answer: not a byte of it, whatever is in them.
#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/bad_input.h"
#include "support/poisoned.h"
#include "support/poisoned_search.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/strategy_problem.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualCases = 500;

// What is in the lists of a case.
enum class Content {
  kAnswer,        // the neighbors themselves
  kSpoilt,        // the neighbors with some places replaced by any rows
  kRepeated,      // one neighbor many times: only distinct rows prove a threshold
  kOtherRanking,  // the neighbors in the other ranking
  kAny,           // any rows, and places without a row
};
constexpr int64_t kContents = 5;

StartRows DrawStart(Random& random, const Answer& answer, const Answer& other, int64_t n) {
  const auto content = static_cast<Content>(random.Integer(0, kContents - 1));
  StartRows start;
  start.k = answer.k;
  if (random.Chance(0.5)) start.k = random.LogInteger(1, 3 * int64_t{answer.k});
  for (int64_t q = 0; q < answer.queries; ++q) {
    for (int64_t place = 0; place < start.k; ++place) {
      const int64_t any = random.Chance(0.1) ? -1 : random.Integer(0, n - 1);
      const int64_t at = q * answer.k + std::min<int64_t>(place, answer.k - 1);
      int64_t row = answer.neighbors[at];
      if (content == Content::kSpoilt && random.Chance(0.3)) row = any;
      if (content == Content::kRepeated) row = answer.neighbors[q * answer.k];
      if (content == Content::kOtherRanking) row = other.neighbors[at];
      if (content == Content::kAny) row = any;
      start.rows.push_back(row);
    }
  }
  return start;
}

struct Counts {
  int64_t cases = 0;
  int64_t compared = 0;    // cases whose work was compared with that of a search without lists
  int64_t with_start = 0;  // of these, cases whose lists changed the work
};

bool ProblemHolds(uint64_t seed, Counts& counts) {
  StrategyProblem problem(seed);
  if (problem.index() == nullptr) return true;
  Random random(seed + 1'000'000'007);
  for (const Question& question : problem.questions()) {
    Manner manner;
    manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
    manner.ranking = random.Chance(0.3) ? RESIDUAL_KNN_SIGNED : RESIDUAL_KNN_ABSOLUTE;
    const Answer expected = problem.AskThis(question, manner);
    if (expected.status != RESIDUAL_KNN_OK) return Fail(seed, residual_knn_last_error());
    Manner other = manner;
    other.ranking =
        manner.ranking == RESIDUAL_KNN_SIGNED ? RESIDUAL_KNN_ABSOLUTE : RESIDUAL_KNN_SIGNED;
    const Answer of_other = problem.AskThis(question, other);
    for (const int32_t strategy : kAllStrategies) {
      const StartRows start = DrawStart(random, expected, of_other, problem.n());
      manner.strategy = strategy;
      manner.threads = static_cast<int32_t>(random.Integer(1, 3));
      manner.tile_candidates = random.Chance(0.2) ? random.LogInteger(1, 3000) : 0;
      manner.layout = random.Chance(0.3) ? RESIDUAL_KNN_DIMENSION_MAJOR : RESIDUAL_KNN_POINT_MAJOR;
      manner.int32_rows = random.Chance(0.3);
      manner.base = manner.int32_rows && random.Chance(0.5) ? 1 : 0;
      manner.start = nullptr;
      // The statistics of cold searches are of no other use here.
      const bool compares = random.Chance(0.2);
      const int64_t cold =
          compares ? problem.AskThis(question, manner).statistics.pairs_rescored : 0;
      manner.start = &start;
      const Answer answer = problem.AskThis(question, manner);
      if (!answer.SameAs(expected)) {
        return Fail(seed, problem.description() + "; " + Describe(question) + "; " +
                              residual_knn_strategy_name(strategy) + ", " + Describe(manner) +
                              ", lists of " + std::to_string(start.k) + ": another answer; " +
                              residual_knn_last_error());
      }
      ++counts.cases;
      counts.compared += compares ? 1 : 0;
      counts.with_start += compares && answer.statistics.pairs_rescored != cold ? 1 : 0;
    }
  }
  return true;
}

void TestAnswers(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Counts counts;
  for (uint64_t seed = run.seed; counts.cases < run.Cases(kUsualCases); ++seed) {
    assert_true(ProblemHolds(seed, counts));
  }
  std::printf("%lld cases; lists changed the work of %lld of %lld that were compared\n",
              static_cast<long long>(counts.cases), static_cast<long long>(counts.with_start),
              static_cast<long long>(counts.compared));
  if (run.HasUsualCases(kUsualCases)) assert_true(20 * counts.with_start > counts.compared);
}

// A smooth field with so many points that every strategy has its own way.
Model DrawField(Random& random, int64_t n) {
  Model model;
  model.kernel.family = RESIDUAL_KNN_MATERN32;
  model.kernel.lengthscales = {0.3};
  model.points = RandomPoints(random, Shape::kUniform, n, 2);
  model.inducing = RandomRowsOf(random, model.points, 20);
  model.jitter = 1e-8;
  return model;
}

// With its answer as start lists, a search scores fewer pairs exactly, in each strategy.
void TestWork(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const int64_t rows = std::max<int64_t>(run.ScaledRows(3000), 2000);  // enough for every tree
  const CreatedIndex created = CreateIndex(DrawField(random, rows));
  assert_int_equal(created.status, RESIDUAL_KNN_OK);
  const Question question = AllRows(QueryKind::kPredecessors, rows, 8);
  for (const int32_t strategy : kAllStrategies) {
    Manner manner;
    manner.strategy = strategy;
    const Answer cold = Ask(created.index.get(), question, manner);
    const StartRows start{cold.k, cold.neighbors};
    manner.start = &start;
    const Answer warm = Ask(created.index.get(), question, manner);
    assert_true(warm.SameAs(cold));
    std::printf("%s: survivors %lld and %lld\n", residual_knn_strategy_name(strategy),
                static_cast<long long>(cold.statistics.survivors),
                static_cast<long long>(warm.statistics.survivors));
    assert_true(warm.statistics.survivors <= cold.statistics.survivors);
    if (strategy > RESIDUAL_KNN_BRUTE_FORCE) {
      assert_true(warm.statistics.survivors < cold.statistics.survivors);
    }
  }
}

// Conditional selection and callbacks take start lists too.
void TestConditional(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  constexpr int64_t kRows = 400;
  const CreatedIndex created = CreateIndex(DrawField(random, kRows));
  Manner manner;
  manner.selection = RESIDUAL_KNN_SELECT_CONDITIONAL;
  for (const QueryKind kind : {QueryKind::kNeighbors, QueryKind::kPredecessors}) {
    const Question question = AllRows(kind, kRows, 5);
    manner.start = nullptr;
    const Answer expected = Ask(created.index.get(), question, manner);
    assert_int_equal(expected.status, RESIDUAL_KNN_OK);
    Question wide = question;
    wide.k = 10;
    const StartRows start{wide.k, Ask(created.index.get(), wide).neighbors};
    manner.start = &start;
    assert_true(Ask(created.index.get(), question, manner).SameAs(expected));
  }
}

// The neighbors of 3 rows of an index of 30 points. Both widths of row numbers are called.
struct Arguments {
  int32_t k = 2;
  residual_knn_search_options options = SearchOptions();
  std::vector<int64_t> rows = {1, 2, 3, 4, 7, 8};
  std::vector<int64_t> offsets;
  bool null_rows = false;
  bool other_width = false;
  bool null_queries = false;
  Arguments() { options.start_k = 2; }
};

enum Calls : uint32_t { kWide = 1, kNarrow = 2, kBoth = 3 };

const std::vector<BadInputCase<Arguments>>& RefusedCalls() {
  static const std::vector<BadInputCase<Arguments>> table = {
      {"nothing changed", kBoth, [](auto& /*a*/) {}, kOk},
      {"missing, repeats and the query itself", kBoth,
       [](auto& a) { a.rows = {-1, 5, 5, 2, 7, 7}; }, kOk},
      {"shorter than k", kBoth, [](auto& a) { a.k = 20; }, kOk},
      {"signed", kBoth, [](auto& a) { a.options.ranking = RESIDUAL_KNN_SIGNED; }, kOk},
      {"start_k -1", kBoth, [](auto& a) { a.options.start_k = -1; }, kInvalid, "start_k is -1"},
      {"start_k too large", kBoth, [](auto& a) { a.options.start_k = INT64_MAX; }, kInvalid,
       "num_queries x start_k"},
      {"start_k 0", kWide, [](auto& a) { a.options.start_k = 0; }, kInvalid,
       "start_k is 0, but start is given"},
      {"start_k 0", kNarrow, [](auto& a) { a.options.start_k = 0; }, kInvalid,
       "start_k is 0, but start_int32 is given"},
      {"start NULL", kWide, [](auto& a) { a.null_rows = true; }, kInvalid, "start is NULL"},
      {"start NULL", kNarrow, [](auto& a) { a.null_rows = true; }, kInvalid, "start_int32 is NULL"},
      {"start of the other width", kWide, [](auto& a) { a.other_width = true; }, kInvalid,
       "start_int32 must be NULL"},
      {"start of the other width", kNarrow, [](auto& a) { a.other_width = true; }, kInvalid,
       "start must be NULL"},
      {"a row beyond", kWide, [](auto& a) { a.rows[3] = 30; }, kInvalid,
       "start: place 1 of query 1 is 30, must be between 0 and 29, or -1 for no row"},
      {"a row beyond", kNarrow, [](auto& a) { a.rows[3] = 30; }, kInvalid,
       "start_int32: place 1 of query 1 is 30"},
      {"a row -2", kBoth, [](auto& a) { a.rows[0] = -2; }, kInvalid, "place 0 of query 0 is -2"},
      {"a row beyond, in the other layout", kWide,
       [](auto& a) {
         a.options.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
         a.rows[5] = 99;
       },
       kInvalid, "start: place 1 of query 2 is 99"},
      {"counted from 1", kWide,
       [](auto& a) {
         a.options.message_base = 1;
         a.rows[3] = 30;
       },
       kInvalid, "start: place 2 of query 2 is 31"},
      {"candidate lists", kBoth,
       [](auto& a) {
         a.offsets = {0, 0, 0, 0};
       },
       kInvalid, "start_k is 2, must be 0 with candidate lists"},
      {"cancelled", kBoth, [](auto& a) { a.options.progress = Cancel; },
       RESIDUAL_KNN_ERROR_CANCELLED, "cancelled"},
  };
  return table;
}

Outcome CallWith(const residual_knn_index* index, uint32_t call, Arguments a) {
  const std::vector<int32_t> rows32(a.rows.begin(), a.rows.end());
  if (!a.offsets.empty()) a.options.candidate_offsets = a.offsets.data();
  if (!a.null_rows && (call == kWide || a.other_width)) a.options.start = a.rows.data();
  if (!a.null_rows && (call == kNarrow || a.other_width)) a.options.start_int32 = rows32.data();
  const PoisonedSearch search = SearchRows(index, {5, 6, 7}, a.options, a.k, call == kNarrow);
  Outcome outcome =
      OutcomeOf(search.status, search.neighbors_untouched && search.distances_untouched);
  if (search.status == kOk && search.neighbors_untouched) {
    outcome.fault = "the results are missing";
  }
  return outcome;
}

void TestRefusals(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const CreatedIndex created = CreateIndex(DrawField(random, 30));
  assert_true(ChangedCallsHold(
      RefusedCalls(), {"residual_knn_neighbors", "residual_knn_neighbors_int32"},
      [&](uint32_t call, const Arguments& a) { return CallWith(created.index.get(), call, a); }));
}

void TestThresholdsTakeNone(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const CreatedIndex created = CreateIndex(DrawField(random, 30));
  residual_knn_search_options options = SearchOptions();
  options.start_k = 1;
  Poisoned<int64_t> offsets(31);
  assert_int_equal(residual_knn_neighbors_above(created.index.get(), nullptr, 30, &options, 0.5, 0,
                                                offsets.data(), nullptr, nullptr, nullptr),
                   RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
  assert_non_null(std::string(residual_knn_last_error()).find("start_k") != std::string::npos
                      ? residual_knn_last_error()
                      : nullptr);
  assert_true(offsets.untouched());
}

// The lists may be in the array of the results, also at another place or with another width of a list.
void TestSameMemory(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const int64_t rows = run.ScaledRows(1500);
  constexpr int32_t kNeighbors = 6;
  const CreatedIndex created = CreateIndex(DrawField(random, rows));
  const Question question = AllRows(QueryKind::kNeighbors, rows, kNeighbors);
  const Answer expected = Ask(created.index.get(), question);
  for (const int32_t strategy : kAllStrategies) {
    for (const int64_t shift : {int64_t{0}, int64_t{1}, 3 * rows}) {
      for (const int64_t start_k : {int64_t{kNeighbors}, int64_t{2}, int64_t{9}}) {
        std::vector<int64_t> memory(3 * expected.neighbors.size(), -1);
        std::copy(expected.neighbors.begin(), expected.neighbors.end(), memory.begin() + shift);
        residual_knn_search_options options = SearchOptions();
        options.strategy = strategy;
        options.threads = 2;
        options.start_k = start_k;
        options.start = memory.data() + shift;
        assert_int_equal(residual_knn_neighbors(created.index.get(), nullptr, rows, &options,
                                                kNeighbors, memory.data(), nullptr, nullptr),
                         RESIDUAL_KNN_OK);
        memory.resize(expected.neighbors.size());
        assert_true(memory == expected.neighbors);
      }
    }
  }
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestAnswers, &run),
      cmocka_unit_test_prestate(TestWork, &run),
      cmocka_unit_test_prestate(TestConditional, &run),
      cmocka_unit_test_prestate(TestRefusals, &run),
      cmocka_unit_test_prestate(TestThresholdsTakeNone, &run),
      cmocka_unit_test_prestate(TestSameMemory, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
