// Searches among the caller's candidates, and conditional selection. Nearest candidates are compared with a search for
// all neighbors, conditional variances with residual_knn_weights, and each pick with all other candidates.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/bad_input.h"
#include "support/checked_callback.h"
#include "support/conditioning_sets.h"
#include "support/extended.h"
#include "support/poisoned.h"
#include "support/poisoned_search.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualModels = 300;
constexpr int64_t kUsualSelections = 40;

// The candidates that a question allows, by row.
struct Distances {
  std::vector<std::map<int64_t, double>> of_query;
};

Distances AllDistances(const residual_knn_index* index, Question question, int32_t ranking) {
  question.k = static_cast<int32_t>(InfoOf(index).n);
  Manner manner;
  manner.ranking = ranking;
  const Answer all = Ask(index, question, manner);
  Distances distances;
  for (int64_t q = 0; q < all.queries; ++q) {
    std::map<int64_t, double>& of_query = distances.of_query.emplace_back();
    for (int64_t rank = 0; rank < all.k; ++rank) {
      const int64_t at = q * all.k + rank;
      if (all.neighbors[at] >= 0) of_query[all.neighbors[at]] = all.distances[at];
    }
  }
  return distances;
}

// Lists of any rows, with repeats, places without a row, and rows that are no candidates.
CandidateRows DrawLists(Random& random, int64_t n, int64_t queries) {
  CandidateRows lists;
  lists.offsets.push_back(0);
  for (int64_t q = 0; q < queries; ++q) {
    const int64_t size = random.Chance(0.1) ? 0 : random.LogInteger(1, 2 * n);
    for (int64_t i = 0; i < size; ++i) {
      lists.rows.push_back(random.Chance(0.05) ? -1 : random.Integer(0, n - 1));
    }
    lists.offsets.push_back(static_cast<int64_t>(lists.rows.size()));
  }
  return lists;
}

std::set<int64_t> Candidates(const CandidateRows& lists, const Distances& distances, int64_t q) {
  std::set<int64_t> rows;
  for (int64_t i = lists.offsets[q]; i < lists.offsets[q + 1]; ++i) {
    if (distances.of_query[q].contains(lists.rows[i])) rows.insert(lists.rows[i]);
  }
  return rows;
}

CandidateRows PartOf(const CandidateRows& lists, int64_t first, int64_t count) {
  CandidateRows part;
  for (int64_t i = first; i <= first + count; ++i) {
    part.offsets.push_back(lists.offsets[i] - lists.offsets[first]);
  }
  part.rows.assign(lists.rows.begin() + lists.offsets[first],
                   lists.rows.begin() + lists.offsets[first + count]);
  return part;
}

// Rows and distances must be those of the nearest candidates.
bool NearestHold(const Answer& answer, const CandidateRows& lists, const Distances& distances) {
  for (int64_t q = 0; q < answer.queries; ++q) {
    std::vector<std::pair<double, int64_t>> expected;
    for (const int64_t row : Candidates(lists, distances, q)) {
      expected.emplace_back(distances.of_query[q].at(row), row);
    }
    std::sort(expected.begin(), expected.end());
    for (int64_t rank = 0; rank < answer.k; ++rank) {
      const bool exists = rank < std::ssize(expected);
      const int64_t at = q * answer.k + rank;
      if (answer.neighbors[at] != (exists ? expected[rank].second : -1) ||
          answer.distances[at] != (exists ? expected[rank].first : kInf)) {
        return Fail("query " + std::to_string(q) + ", rank " + std::to_string(rank));
      }
    }
  }
  return true;
}

// Each candidate at most once, in as many places as there are candidates, with its distance; variances do not grow.
bool SetsAreWellFormed(const Answer& answer, const CandidateRows& lists,
                       const Distances& distances) {
  for (int64_t q = 0; q < answer.queries; ++q) {
    std::set<int64_t> left = Candidates(lists, distances, q);
    const auto size = std::min<int64_t>(answer.k, std::ssize(left));
    for (int64_t rank = 0; rank < answer.k; ++rank) {
      const int64_t at = q * answer.k + rank;
      const int64_t row = answer.neighbors[at];
      if ((row >= 0) != (rank < size)) return Fail("query " + std::to_string(q) + ": the count");
      if (row >= 0 && left.erase(row) == 0) return Fail("no candidate, or one twice");
      if (row >= 0 && answer.distances[at] != distances.of_query[q].at(row)) {
        return Fail("query " + std::to_string(q) + ": a distance");
      }
      const double variance = answer.variances[at];
      if (!(variance >= 0) || !std::isfinite(variance)) return Fail("a variance");
      if (rank > 0 && variance > answer.variances[at - 1]) return Fail("a variance grew");
    }
  }
  return true;
}

// Neither options nor a split of the queries may change an answer.
bool MannerDoesNotMatter(Random& random, const residual_knn_index* index, const Question& question,
                         const Manner& manner, const Answer& answer) {
  Manner other = DrawManner(random, InfoOf(index).n, manner.ranking);
  other.selection = manner.selection;
  other.residual_candidates = manner.residual_candidates;
  other.scaled_candidates = manner.scaled_candidates;
  other.lists = manner.lists;
  if (!Ask(index, question, other).SameAs(answer)) return Fail(Describe(other));
  if (answer.queries == 0) return true;
  const int64_t first = random.Integer(0, answer.queries - 1);
  const int64_t count = random.Integer(1, answer.queries - first);
  CandidateRows lists;
  if (manner.lists != nullptr) {
    lists = PartOf(*manner.lists, first, count);
    other.lists = &lists;
  }
  const Answer part = Ask(index, Part(question, first, count), other);
  return part.status == RESIDUAL_KNN_OK &&
                 std::equal(part.neighbors.begin(), part.neighbors.end(),
                            answer.neighbors.begin() + first * answer.k) &&
                 std::equal(
                     part.variances.begin(), part.variances.end(),
                     answer.variances.begin() + (answer.variances.empty() ? 0 : first * answer.k))
             ? true
             : Fail("a part of the queries");
}

bool ListsHold(uint64_t seed) {
  Random random(seed);
  const RandomModel drawn = DrawModel(random, {120, 5, 20});
  const CreatedIndex created = CreateIndex(drawn.model);
  if (created.status != RESIDUAL_KNN_OK) return true;  // other tests are about that
  const residual_knn_index* index = created.index.get();
  const Question question = DrawQuestion(random, drawn);
  const std::string description = drawn.description + ", " + Describe(question);
  const CandidateRows lists = DrawLists(random, drawn.model.points.n, question.count());
  Manner manner;
  manner.lists = &lists;
  manner.ranking = random.Chance(0.5) ? RESIDUAL_KNN_SIGNED : RESIDUAL_KNN_ABSOLUTE;
  const Answer nearest = Ask(index, question, manner);
  if (nearest.status != RESIDUAL_KNN_OK) return Fail(seed, residual_knn_last_error());
  if (nearest.statistics.reason != RESIDUAL_KNN_REASON_CANDIDATE_LISTS) {
    return Fail(seed, "the reason");
  }
  if (!NearestHold(nearest, lists, AllDistances(index, question, manner.ranking)) ||
      !MannerDoesNotMatter(random, index, question, manner, nearest)) {
    return Fail(seed, "nearest: " + description);
  }
  manner.ranking = RESIDUAL_KNN_ABSOLUTE;
  manner.selection = RESIDUAL_KNN_SELECT_CONDITIONAL;
  const Answer sets = Ask(index, question, manner);
  if (sets.status != RESIDUAL_KNN_OK) return Fail(seed, residual_knn_last_error());
  if (!SetsAreWellFormed(sets, lists, AllDistances(index, question, RESIDUAL_KNN_ABSOLUTE)) ||
      !MannerDoesNotMatter(random, index, question, manner, sets)) {
    return Fail(seed, "conditional: " + description);
  }
  return true;
}

void TestLists(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(SeedsHold(run, kUsualModels, ListsHold));
}

// The neighbors of searches as candidate lists.
CandidateRows ListsOf(const std::vector<Answer>& answers) {
  CandidateRows lists;
  lists.offsets.push_back(0);
  for (int64_t q = 0; q < answers.front().queries; ++q) {
    for (const Answer& answer : answers) {
      const auto first = answer.neighbors.begin() + q * answer.k;
      lists.rows.insert(lists.rows.end(), first, first + answer.k);
    }
    lists.offsets.push_back(static_cast<int64_t>(lists.rows.size()));
  }
  return lists;
}

// Candidates that the library finds are the neighbors of its searches.
bool FoundCandidatesHold(uint64_t seed) {
  Random random(seed);
  const RandomModel drawn = DrawModel(random, {150, 5, 20});
  const CreatedIndex created = CreateIndex(drawn.model);
  if (created.status != RESIDUAL_KNN_OK) return true;
  const residual_knn_index* index = created.index.get();
  Question question = DrawQuestion(random, drawn);
  question.k = static_cast<int32_t>(random.Integer(1, 12));
  Manner manner;
  manner.selection = RESIDUAL_KNN_SELECT_CONDITIONAL;
  manner.residual_candidates = random.Chance(0.3) ? 0 : question.k + random.Integer(0, 20);
  manner.scaled_candidates = manner.residual_candidates == 0 ? 0 : random.Integer(-1, 30);
  const Answer sets = Ask(index, question, manner);
  if (sets.status != RESIDUAL_KNN_OK) return Fail(seed, residual_knn_last_error());
  if (!MannerDoesNotMatter(random, index, question, manner, sets)) return Fail(seed, "manner");
  const auto count = [&](int64_t given, int64_t usual) {
    return static_cast<int32_t>(given == 0 ? usual : std::max<int64_t>(given, 0));
  };
  const bool one_kind = drawn.model.inducing.n == 0 && manner.residual_candidates == 0;
  const int32_t residual = count(manner.residual_candidates, one_kind ? 0 : 2 * question.k);
  const int32_t scaled = count(manner.scaled_candidates, (one_kind ? 4 : 2) * question.k);
  std::vector<Answer> found;
  const auto search = [&](int32_t k, int32_t ranking) {
    if (k == 0) return;
    Question wider = question;
    wider.k = k;
    Manner by;
    by.ranking = ranking;
    found.push_back(Ask(index, wider, by));
  };
  search(residual, RESIDUAL_KNN_ABSOLUTE);
  search(scaled, RESIDUAL_KNN_SCALED_DISTANCE);
  const CandidateRows lists = ListsOf(found);
  Manner among;
  among.selection = RESIDUAL_KNN_SELECT_CONDITIONAL;
  among.lists = &lists;
  const Answer expected = Ask(index, question, among);
  if (!expected.SameAs(sets)) return Fail(seed, drawn.description + ", " + Describe(question));
  if (expected.statistics.candidates != sets.statistics.candidates ||
      expected.statistics.uninformative_picks != sets.statistics.uninformative_picks ||
      expected.statistics.uninformative_queries != sets.statistics.uninformative_queries) {
    return Fail(seed, "statistics");
  }
  return true;
}

void TestFoundCandidates(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(SeedsHold(run, kUsualModels, FoundCandidatesHold));
}

Model DrawSmoothModel(Random& random) {
  Model model;
  model.kernel.family = static_cast<int32_t>(random.Integer(0, 3));
  model.kernel.lengthscales = {random.Uniform(0.2, 0.5)};
  model.kernel.variance = 2;
  model.points = RandomPoints(random, Shape::kUniform, random.Integer(20, 60), 2);
  model.inducing = RandomPoints(random, Shape::kUniform, random.Integer(0, 10), 2);
  model.nugget = 0.05;
  return model;
}

// D of one row given each of several sets of k places.
std::vector<double> VariancesGiven(const residual_knn_index* index, int64_t row, int32_t k,
                                   const std::vector<int64_t>& sets) {
  const auto count = std::ssize(sets) / k;
  const std::vector<int64_t> rows(static_cast<size_t>(count), row);
  std::vector<double> variances(rows.size());
  const residual_knn_status status = residual_knn_weights(
      index, rows.data(), count, nullptr, k, sets.data(), nullptr, variances.data(), nullptr);
  if (status != RESIDUAL_KNN_OK) variances.clear();
  return variances;
}

// Each pick leaves the least variance of all candidates, and the variances are those of residual_knn_weights.
bool PicksHold(uint64_t seed) {
  Random random(seed);
  const Model model = DrawSmoothModel(random);
  const CreatedIndex created = CreateIndex(model);
  const residual_knn_index* index = created.index.get();
  const int64_t n = model.points.n;
  Question question;
  question.kind = QueryKind::kPredecessors;
  question.k = static_cast<int32_t>(random.Integer(1, 12));
  question.rows = {n - 1, n / 2, 3};
  const CandidateRows lists = DrawLists(random, n, 3);
  Manner manner;
  manner.selection = RESIDUAL_KNN_SELECT_CONDITIONAL;
  manner.lists = &lists;
  const Answer answer = Ask(index, question, manner);
  const Distances distances = AllDistances(index, question, RESIDUAL_KNN_ABSOLUTE);
  const int32_t k = question.k;
  for (int64_t q = 0; q < 3; ++q) {
    const int64_t row = question.rows[q];
    std::vector<int64_t> picked;
    for (int32_t rank = 0; rank < k && answer.neighbors[q * k + rank] >= 0; ++rank) {
      std::vector<int64_t> sets;
      std::vector<int64_t> last;
      for (const int64_t candidate : Candidates(lists, distances, q)) {
        if (std::find(picked.begin(), picked.end(), candidate) != picked.end()) continue;
        last.push_back(candidate);
        sets.insert(sets.end(), picked.begin(), picked.end());
        sets.push_back(candidate);
        sets.resize(last.size() * static_cast<size_t>(k), -1);
      }
      const std::vector<double> variances = VariancesGiven(index, row, k, sets);
      if (variances.empty()) return Fail(seed, residual_knn_last_error());
      const double least = *std::min_element(variances.begin(), variances.end());
      const int64_t pick = answer.neighbors[q * k + rank];
      const auto at = std::find(last.begin(), last.end(), pick) - last.begin();
      if (!(variances[at] <= least + 1e-12)) return Fail(seed, "another candidate leaves less");
      if (!(std::abs(answer.variances[q * k + rank] - variances[at]) < 1e-11)) {
        return Fail(seed, "variance " + std::to_string(answer.variances[q * k + rank]) + ", not " +
                              std::to_string(variances[at]));
      }
      picked.push_back(pick);
    }
  }
  return true;
}

void TestPicks(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(SeedsHold(run, kUsualSelections, PicksHold));
}

// A callback for the covariance of a built-in kernel gives the same sets.
void TestCallback(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = DrawSmoothModel(random);
  const CreatedIndex built_in = CreateIndex(model);
  CheckedCallback callback(model.kernel, model.points, nullptr);
  const CreatedIndex called = CreateIndexFromCallback(FactorOf(built_in.index.get()), callback);
  assert_int_equal(called.status, RESIDUAL_KNN_OK);
  const Question question = AllRows(QueryKind::kPredecessors, model.points.n, 4);
  Manner manner;
  manner.selection = RESIDUAL_KNN_SELECT_CONDITIONAL;
  manner.threads = 3;
  const Answer answer = Ask(called.index.get(), question, manner);
  assert_int_equal(answer.status, RESIDUAL_KNN_OK);
  assert_false(callback.left_thread() || callback.out_of_range());
  manner.residual_candidates = 16;
  manner.scaled_candidates = -1;
  const Answer expected = Ask(built_in.index.get(), question, manner);
  assert_true(answer.neighbors == expected.neighbors);
  assert_true(IsClose(answer.variances, expected.variances, 1e-9));
  manner.residual_candidates = 0;
  manner.scaled_candidates = 8;
  assert_int_equal(Ask(called.index.get(), question, manner).status,
                   RESIDUAL_KNN_ERROR_UNSUPPORTED);
  assert_non_null(std::strstr(residual_knn_last_error(), "no coordinates"));
}

// A copy of a pick and a degenerate point reduce nothing: they come last, and are counted.
void TestUninformative(void** /*state*/) {
  Model model;
  model.kernel.family = RESIDUAL_KNN_MATERN12;
  model.points = {7, 1, {0, 0.5, 0.5, 40, -0.4, 9, 9}};
  model.inducing = {1, 1, {40}};
  model.jitter = 0;
  const CreatedIndex created = CreateIndex(model);
  assert_int_equal(InfoOf(created.index.get()).degenerate_points, 1);
  Question question;
  question.k = 4;
  question.rows = {0, 3};
  const CandidateRows lists{{0, 4, 5}, {3, 2, 1, 4, 6}};
  Manner manner;
  manner.selection = RESIDUAL_KNN_SELECT_CONDITIONAL;
  manner.lists = &lists;
  const Answer answer = Ask(created.index.get(), question, manner);
  const std::vector<int64_t> expected = {4, 1, 2, 3, 6, -1, -1, -1};
  assert_true(answer.neighbors == expected);
  assert_int_equal(answer.statistics.candidates, 5);
  assert_int_equal(answer.statistics.uninformative_picks, 3);
  // Row 3 is degenerate, and so has no informative candidate.
  assert_int_equal(answer.statistics.uninformative_queries, 1);
  assert_true(answer.variances[1] == answer.variances[2]);
  assert_true(answer.variances[1] == answer.variances[3]);
  assert_true(answer.variances[4] == answer.variances[7]);
}

// Conditional sets of two rows of an index of 30 points. Both widths of row numbers are called.
struct Arguments {
  int32_t k = 2;
  residual_knn_search_options options = SearchOptions();
  bool no_lists = false;
  bool null_rows = false;
  bool other_width = false;
  bool variances = true;
  std::vector<int64_t> offsets = {0, 3, 5};
  std::vector<int64_t> rows = {1, 2, 3, 4, 7};

  Arguments() { options.selection = RESIDUAL_KNN_SELECT_CONDITIONAL; }
};

enum Calls : uint32_t { kWide = 1, kNarrow = 2, kBoth = 3 };

const std::vector<BadInputCase<Arguments>>& RefusedCalls() {
  static const std::vector<BadInputCase<Arguments>> table = {
      {"nothing changed", kBoth, [](auto& /*a*/) {}, kOk},
      {"no lists", kBoth, [](auto& a) { a.no_lists = true; }, kOk},
      {"k beyond the candidates", kBoth, [](auto& a) { a.k = 50; }, kOk},
      {"k 0", kBoth, [](auto& a) { a.k = 0; }, kInvalid, "k is 0"},
      {"selection 2", kBoth, [](auto& a) { a.options.selection = 2; }, kInvalid,
       "selection is 2, not one of enum residual_knn_selection"},
      {"selection -1", kBoth, [](auto& a) { a.options.selection = -1; }, kInvalid,
       "selection is -1"},
      {"reserved", kBoth, [](auto& a) { a.options.reserved = 1; }, kInvalid, "reserved is 1"},
      {"signed", kBoth, [](auto& a) { a.options.ranking = RESIDUAL_KNN_SIGNED; }, kInvalid,
       "ranking is 1, must be RESIDUAL_KNN_ABSOLUTE"},
      {"variances of the nearest", kBoth,
       [](auto& a) { a.options.selection = RESIDUAL_KNN_SELECT_NEAREST; }, kInvalid,
       "conditional_variances must be NULL"},
      {"nearest without variances", kBoth,
       [](auto& a) {
         a.options.selection = RESIDUAL_KNN_SELECT_NEAREST;
         a.variances = false;
       },
       kOk},
      {"counts with lists", kBoth, [](auto& a) { a.options.residual_candidates = 5; }, kInvalid,
       "residual_candidates is 5, must be 0"},
      {"counts of the nearest", kBoth,
       [](auto& a) {
         a.no_lists = true;
         a.variances = false;
         a.options.selection = RESIDUAL_KNN_SELECT_NEAREST;
         a.options.scaled_candidates = -1;
       },
       kInvalid, "scaled_candidates is -1, must be 0"},
      {"count -2", kBoth,
       [](auto& a) {
         a.no_lists = true;
         a.options.residual_candidates = -2;
       },
       kInvalid, "residual_candidates is -2"},
      {"no candidates", kBoth,
       [](auto& a) {
         a.no_lists = true;
         a.options.residual_candidates = a.options.scaled_candidates = -1;
       },
       kInvalid, "one of them must be at least k = 2"},
      {"fewer candidates than k", kBoth,
       [](auto& a) {
         a.no_lists = true;
         a.options.residual_candidates = a.options.scaled_candidates = 1;
       },
       kInvalid, "one of them must be at least k = 2"},
      {"the greatest count", kBoth,
       [](auto& a) {
         a.no_lists = true;
         a.options.residual_candidates = INT64_MAX;
       },
       kOk},
      {"first offset 1", kBoth, [](auto& a) { a.offsets[0] = 1; }, kInvalid,
       "candidate_offsets[0] is 1"},
      {"descending offsets", kBoth, [](auto& a) { a.offsets[1] = 6; }, kInvalid,
       "candidate_offsets[2] is 5"},
      {"negative offset", kBoth, [](auto& a) { a.offsets[1] = -1; }, kInvalid,
       "candidate_offsets[1] is -1"},
      {"empty lists", kBoth,
       [](auto& a) {
         a.offsets = {0, 0, 0};
         a.null_rows = true;
       },
       kOk},
      {"candidates NULL", kWide, [](auto& a) { a.null_rows = true; }, kInvalid,
       "candidate_rows is NULL"},
      {"candidates NULL", kNarrow, [](auto& a) { a.null_rows = true; }, kInvalid,
       "candidate_rows_int32 is NULL"},
      {"candidates of the other width", kWide, [](auto& a) { a.other_width = true; }, kInvalid,
       "candidate_rows_int32 must be NULL"},
      {"candidates of the other width", kNarrow, [](auto& a) { a.other_width = true; }, kInvalid,
       "candidate_rows must be NULL"},
      {"a candidate beyond", kWide, [](auto& a) { a.rows[3] = 30; }, kInvalid,
       "candidate_rows[3], in the list of query 1, is 30"},
      {"a candidate beyond", kNarrow, [](auto& a) { a.rows[3] = 30; }, kInvalid,
       "candidate_rows_int32[3], in the list of query 1, is 30"},
      {"a candidate -2", kBoth, [](auto& a) { a.rows[0] = -2; }, kInvalid, "is -2"},
      {"missing, repeats and the query itself", kBoth,
       [](auto& a) {
         a.rows = {-1, 2, 2, 6, 6};
       },
       kOk},
      {"cancelled", kBoth, [](auto& a) { a.options.progress = Cancel; },
       RESIDUAL_KNN_ERROR_CANCELLED, "cancelled"},
  };
  return table;
}

Outcome CallWith(const residual_knn_index* index, uint32_t call, Arguments a) {
  Poisoned<double> variances(100);
  if (a.variances) a.options.conditional_variances = variances.data();
  const std::vector<int32_t> rows32(a.rows.begin(), a.rows.end());
  if (!a.no_lists) {
    a.options.candidate_offsets = a.offsets.data();
    if (!a.null_rows && (call == kWide || a.other_width)) a.options.candidate_rows = a.rows.data();
    if (!a.null_rows && (call == kNarrow || a.other_width)) {
      a.options.candidate_rows_int32 = rows32.data();
    }
  }
  const PoisonedSearch search = SearchRows(index, {5, 6}, a.options, a.k, call == kNarrow);
  Outcome outcome =
      OutcomeOf(search.status,
                search.neighbors_untouched && search.distances_untouched && variances.untouched());
  if (search.status == kOk &&
      (search.neighbors_untouched || variances.untouched() == a.variances)) {
    outcome.fault = "the results are missing";
  }
  return outcome;
}

void TestRefusals(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  Model model = DrawSmoothModel(random);
  model.points = RandomPoints(random, Shape::kUniform, 30, 2);
  const CreatedIndex created = CreateIndex(model);
  assert_true(ChangedCallsHold(
      RefusedCalls(), {"residual_knn_neighbors", "residual_knn_neighbors_int32"},
      [&](uint32_t call, const Arguments& a) { return CallWith(created.index.get(), call, a); }));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestLists, &run),
      cmocka_unit_test_prestate(TestFoundCandidates, &run),
      cmocka_unit_test_prestate(TestPicks, &run),
      cmocka_unit_test_prestate(TestCallback, &run),
      cmocka_unit_test_prestate(TestUninformative, &run),
      cmocka_unit_test_prestate(TestRefusals, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
