// Neighbors that groups of rows share, against the union of the members' own neighbors: every kind of index, both widths
// of row numbers, both layouts, every strategy.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/bad_input.h"
#include "support/extended.h"
#include "support/poisoned.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/strategy_problem.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualProblems = 60;

struct Groups {
  std::vector<int64_t> offsets = {0};
  std::vector<int64_t> rows;

  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(offsets.size()) - 1; }
  [[nodiscard]] std::vector<int64_t> Of(int64_t group) const {
    return {rows.begin() + offsets[group], rows.begin() + offsets[group + 1]};
  }
  void Add(const std::vector<int64_t>& members) {
    rows.insert(rows.end(), members.begin(), members.end());
    offsets.push_back(static_cast<int64_t>(rows.size()));
  }
};

Answer AskGroups(const residual_knn_index* index, const Groups& groups, bool predecessors,
                 int32_t k, const Manner& manner = {}) {
  const residual_knn_search_options options = SearchOptions(manner);
  Answer answer;
  answer.queries = groups.size();
  answer.k = k;
  residual_knn_statistics_init(&answer.statistics, sizeof answer.statistics);
  const auto places = static_cast<size_t>(groups.size() * k);
  std::vector<double> distances(places);
  std::vector<int64_t> neighbors(places);
  if (manner.int32_rows) {
    std::vector<int32_t> narrow(places);
    const std::vector<int32_t> rows = Narrow(groups.rows, manner.base, manner.missing);
    answer.status =
        (predecessors ? residual_knn_group_predecessors_int32 : residual_knn_group_neighbors_int32)(
            index, groups.offsets.data(), groups.size(), rows.data(), &options, k, manner.base,
            manner.missing, narrow.data(), distances.data(), &answer.statistics);
    neighbors = Widen(narrow, manner.base, manner.missing);
  } else {
    answer.status = (predecessors ? residual_knn_group_predecessors : residual_knn_group_neighbors)(
        index, groups.offsets.data(), groups.size(), groups.rows.data(), &options, k,
        neighbors.data(), distances.data(), &answer.statistics);
  }
  answer.neighbors = FromLayout(neighbors, groups.size(), k, manner.layout);
  answer.distances = FromLayout(distances, groups.size(), k, manner.layout);
  return answer;
}

Groups DrawGroups(Random& random, int64_t n) {
  const std::vector<int64_t> rows = RandomPermutation(random, n);
  Groups groups;
  size_t used = 0;
  const auto most = std::min(rows.size(), size_t{60});
  while (used < most) {
    const int64_t left = static_cast<int64_t>(most - used);
    const int64_t size = random.Chance(0.3) ? 1 : random.LogInteger(1, left);
    groups.Add({rows.begin() + static_cast<std::ptrdiff_t>(used),
                rows.begin() + static_cast<std::ptrdiff_t>(used + static_cast<size_t>(size))});
    used += static_cast<size_t>(size);
    if (random.Chance(0.1)) break;
  }
  return groups;
}

// The nearest rows of a group, by all neighbors of each member.
std::vector<std::pair<double, int64_t>> Nearest(const residual_knn_index* index,
                                                const std::vector<int64_t>& members,
                                                bool predecessors, int32_t ranking, int64_t n,
                                                StrategyProblem& problem) {
  Question question;
  question.rows = members;
  question.k = static_cast<int32_t>(n);
  Manner manner;
  manner.ranking = ranking;
  const Answer all = index == nullptr ? Answer{} : problem.AskThis(question, manner);
  const int64_t first = *std::min_element(members.begin(), members.end());
  std::map<int64_t, double> distances;
  for (size_t at = 0; at < all.neighbors.size(); ++at) {
    const int64_t row = all.neighbors[at];
    if (row < 0 || (predecessors && row >= first)) continue;
    if (std::find(members.begin(), members.end(), row) != members.end()) continue;
    const auto [place, added] = distances.emplace(row, all.distances[at]);
    if (!added) place->second = std::min(place->second, all.distances[at]);
  }
  std::vector<std::pair<double, int64_t>> nearest;
  for (const auto& [row, distance] : distances) nearest.emplace_back(distance, row);
  std::sort(nearest.begin(), nearest.end());
  return nearest;
}

bool ProblemHolds(uint64_t seed, int64_t& compared) {
  StrategyProblem problem(seed);
  if (problem.index() == nullptr) return true;
  Random random(seed + 1'000'000'007);
  const int64_t n = problem.n();
  for (const bool predecessors : {false, true}) {
    const Groups groups = DrawGroups(random, n);
    const auto k = static_cast<int32_t>(random.LogInteger(1, random.Chance(0.1) ? n + 3 : 30));
    const Manner manner =
        DrawManner(random, n, random.Chance(0.3) ? RESIDUAL_KNN_SIGNED : RESIDUAL_KNN_ABSOLUTE);
    const std::string name = problem.description() + "; " + Describe(manner) +
                             (predecessors ? ", predecessors" : "") + ", k " + std::to_string(k) +
                             ": ";
    const Answer answer = AskGroups(problem.index(), groups, predecessors, k, manner);
    if (answer.status != RESIDUAL_KNN_OK) return Fail(seed, name + residual_knn_last_error());
    for (int64_t group = 0; group < groups.size(); ++group) {
      const auto expected =
          Nearest(problem.index(), groups.Of(group), predecessors, manner.ranking, n, problem);
      for (int32_t rank = 0; rank < k; ++rank) {
        const int64_t at = group * k + rank;
        const bool exists = rank < static_cast<int64_t>(expected.size());
        const int64_t row = exists ? expected[static_cast<size_t>(rank)].second : -1;
        const double distance = exists ? expected[static_cast<size_t>(rank)].first : kInf;
        compared += exists ? 1 : 0;
        if (answer.neighbors[at] == row && answer.distances[at] == distance) continue;
        return Fail(seed, name + "group " + std::to_string(group) + " of " +
                              std::to_string(groups.Of(group).size()) + ", rank " +
                              std::to_string(rank) + ": row " +
                              std::to_string(answer.neighbors[at]) + ", not " +
                              std::to_string(row));
      }
    }
    Manner other = DrawManner(random, n, manner.ranking);
    if (!AskGroups(problem.index(), groups, predecessors, k, other).SameAs(answer)) {
      return Fail(seed, name + "another answer with " + Describe(other));
    }
  }
  return true;
}

void TestAgainstMembers(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  int64_t compared = 0;
  assert_true(
      SeedsHold(run, kUsualProblems, [&](uint64_t seed) { return ProblemHolds(seed, compared); }));
  std::printf("%lld neighbors\n", static_cast<long long>(compared));
  assert_true(compared > 0);
}

Groups SingleRows(int64_t n) {
  Groups groups;
  for (int64_t row = 0; row < n; ++row) groups.Add({row});
  return groups;
}

// Groups of one row have the neighbors of that row, to the last bit.
void TestSingleRows(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const Model model = PlainModel(random, run.ScaledRows(2500), 20);
  const CreatedIndex created = CreateIndex(model);
  const Groups groups = SingleRows(model.points.n);
  for (const bool predecessors : {false, true}) {
    const Question question =
        AllRows(predecessors ? QueryKind::kPredecessors : QueryKind::kNeighbors, model.points.n, 9);
    for (const int32_t strategy : kAllStrategies) {
      Manner manner;
      manner.strategy = strategy;
      manner.threads = 3;
      const Answer answer = AskGroups(created.index.get(), groups, predecessors, 9, manner);
      assert_int_equal(answer.status, RESIDUAL_KNN_OK);
      assert_true(answer.SameAs(Ask(created.index.get(), question)));
      assert_int_equal(answer.statistics.queries, model.points.n);
    }
  }
}

// Members of a group may lie beyond the tree of a prefix in which the predecessors of the group are searched.
void TestPrefixTrees(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  constexpr int64_t kRows = 20000;
  Model model = PlainModel(random, kRows, 6);
  model.kernel.lengthscales = {0.05};
  const CreatedIndex created = CreateIndex(model);
  Groups groups;
  const std::vector<int64_t> rows = RandomPermutation(random, kRows);
  for (int64_t group = 0; group < run.Scaled(200); ++group) {
    // The first member decides how many candidates there are.
    groups.Add({rows.begin() + 6 * group, rows.begin() + 6 * (group + 1)});
  }
  Manner manner;
  manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  const Answer expected = AskGroups(created.index.get(), groups, true, 5, manner);
  assert_int_equal(expected.status, RESIDUAL_KNN_OK);
  for (const int32_t strategy : kAllStrategies) {
    manner.strategy = strategy;
    manner.threads = 2;
    assert_true(AskGroups(created.index.get(), groups, true, 5, manner).SameAs(expected));
  }
}

// Groups of all sizes up to all rows.
void TestLargeGroups(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = PlainModel(random, 1500, 10);
  const CreatedIndex created = CreateIndex(model);
  Groups all;
  all.Add(RandomPermutation(random, 1500));
  for (const bool predecessors : {false, true}) {
    const Answer answer = AskGroups(created.index.get(), all, predecessors, 3);
    assert_int_equal(answer.status, RESIDUAL_KNN_OK);
    assert_true(answer.neighbors == std::vector<int64_t>(3, -1));
    assert_true(answer.distances == std::vector<double>(3, kInf));
  }
  // The last rows among the others: for one that is outside, the group is a single neighborhood.
  Groups last;
  std::vector<int64_t> rows(1000);
  std::iota(rows.begin(), rows.end(), int64_t{500});
  last.Add(rows);
  const Answer neighbors = AskGroups(created.index.get(), last, false, 600);
  const Answer predecessors = AskGroups(created.index.get(), last, true, 600);
  assert_int_equal(neighbors.status, RESIDUAL_KNN_OK);
  assert_true(neighbors.SameAs(predecessors));
  assert_true(neighbors.neighbors[499] >= 0 && neighbors.neighbors[500] == -1);
}

// Conditional selection for groups of one row is that for the row, to the last bit.
void TestConditionalSingleRows(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const int64_t n = 300;
  const CreatedIndex created = CreateIndex(PlainModel(random, n, 20));
  constexpr int32_t kK = 6;
  Manner manner;
  manner.selection = RESIDUAL_KNN_SELECT_CONDITIONAL;
  const residual_knn_search_options options = SearchOptions(manner);
  for (const bool predecessors : {false, true}) {
    std::vector<int64_t> neighbors(static_cast<size_t>(n * kK));
    std::vector<double> distances(neighbors.size());
    assert_int_equal((predecessors ? residual_knn_predecessors : residual_knn_neighbors)(
                         created.index.get(), nullptr, n, &options, kK, neighbors.data(),
                         distances.data(), nullptr),
                     RESIDUAL_KNN_OK);
    const Answer answer = AskGroups(created.index.get(), SingleRows(n), predecessors, kK, manner);
    assert_int_equal(answer.status, RESIDUAL_KNN_OK);
    assert_true(answer.neighbors == neighbors && answer.distances == distances);
    assert_true(answer.statistics.candidates > 0);
  }
}

// Sets of conditional selection: rows outside the group, each once, with the distance from the nearest member, and the
// same bytes in any manner. That each is the best is shown in test_group_selection.
bool ConditionalHolds(uint64_t seed, int64_t& selected) {
  StrategyProblem problem(seed);
  // The callback of a problem needs the questions of its new points.
  if (problem.index() == nullptr || problem.n() > 3000) return true;
  Random random(seed + 77);
  const int64_t n = problem.n();
  for (const bool predecessors : {false, true}) {
    const Groups groups = DrawGroups(random, n);
    const auto k = static_cast<int32_t>(random.LogInteger(1, 12));
    Manner manner = DrawManner(random, n, RESIDUAL_KNN_ABSOLUTE);
    manner.selection = RESIDUAL_KNN_SELECT_CONDITIONAL;
    const std::string name = problem.description() + (predecessors ? ", predecessors" : "") + ": ";
    const Answer answer = AskGroups(problem.index(), groups, predecessors, k, manner);
    if (answer.status != RESIDUAL_KNN_OK) return Fail(seed, name + residual_knn_last_error());
    for (int64_t group = 0; group < groups.size(); ++group) {
      const auto all = Nearest(problem.index(), groups.Of(group), predecessors,
                               RESIDUAL_KNN_ABSOLUTE, n, problem);
      std::map<int64_t, double> distances;
      for (const auto& [distance, row] : all) distances[row] = distance;
      for (int32_t rank = 0; rank < k; ++rank) {
        const int64_t row = answer.neighbors[group * k + rank];
        const bool exists = rank < static_cast<int64_t>(all.size());
        if (exists != (row >= 0)) return Fail(seed, name + "not the number of neighbors");
        if (!exists) continue;
        const auto place = distances.find(row);
        if (place == distances.end()) return Fail(seed, name + "no candidate, or a row twice");
        if (place->second != answer.distances[group * k + rank]) {
          return Fail(seed, name + "the distance is not that from the nearest member");
        }
        distances.erase(place);
        ++selected;
      }
    }
    manner = DrawManner(random, n, RESIDUAL_KNN_ABSOLUTE);
    manner.selection = RESIDUAL_KNN_SELECT_CONDITIONAL;
    if (!AskGroups(problem.index(), groups, predecessors, k, manner).SameAs(answer)) {
      return Fail(seed, name + "another answer with " + Describe(manner));
    }
  }
  return true;
}

void TestConditional(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  int64_t selected = 0;
  assert_true(SeedsHold(run, kUsualProblems / 3,
                        [&](uint64_t seed) { return ConditionalHolds(seed, selected); }));
  std::printf("%lld rows\n", static_cast<long long>(selected));
  assert_true(selected > 0);
}

// The candidates of a group are the nearest of each member outside the group: as many as were asked for, although members
// are near each other.
void TestCandidatesOfMembers(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  constexpr int64_t kRows = 200;
  constexpr int32_t kCandidates = 6;
  const CreatedIndex created = CreateIndex(PlainModel(random, kRows, 8));
  std::vector<int64_t> neighbors(kRows * (kRows - 1));
  for (const int32_t ranking : {RESIDUAL_KNN_ABSOLUTE, RESIDUAL_KNN_SCALED_DISTANCE}) {
    residual_knn_search_options options = SearchOptions();
    options.ranking = ranking;
    assert_int_equal(residual_knn_neighbors(created.index.get(), nullptr, kRows, &options,
                                            kRows - 1, neighbors.data(), nullptr, nullptr),
                     RESIDUAL_KNN_OK);
    for (const size_t size : {2, 3, 5, 16}) {
      const int64_t first = random.Integer(0, kRows - 1);
      // The first row and its nearest.
      std::vector<int64_t> members = {first};
      for (size_t i = 0; i + 1 < size; ++i) members.push_back(neighbors[first * (kRows - 1) + i]);
      const std::set<int64_t> inside(members.begin(), members.end());
      std::set<int64_t> expected;
      for (const int64_t member : members) {
        int32_t found = 0;
        for (int64_t i = 0; found < kCandidates; ++i) {
          const int64_t row = neighbors[member * (kRows - 1) + i];
          if (inside.count(row) > 0) continue;
          expected.insert(row);
          ++found;
        }
      }
      Groups groups;
      groups.Add(members);
      options = SearchOptions();
      options.selection = RESIDUAL_KNN_SELECT_CONDITIONAL;
      options.residual_candidates = ranking == RESIDUAL_KNN_ABSOLUTE ? kCandidates : -1;
      options.scaled_candidates = ranking == RESIDUAL_KNN_ABSOLUTE ? -1 : kCandidates;
      residual_knn_statistics statistics;
      residual_knn_statistics_init(&statistics, sizeof statistics);
      std::vector<int64_t> selected(kCandidates);
      assert_int_equal(residual_knn_group_neighbors(created.index.get(), groups.offsets.data(), 1,
                                                    members.data(), &options, kCandidates,
                                                    selected.data(), nullptr, &statistics),
                       RESIDUAL_KNN_OK);
      assert_int_equal(statistics.candidates, expected.size());
      for (const int64_t row : selected) assert_true(expected.count(row) > 0);
    }
  }
}

// Two groups of an index of 30 points, for all four functions.
struct Arguments {
  bool null_index = false;
  bool null_offsets = false;
  bool null_rows = false;
  bool null_neighbors = false;
  std::vector<int64_t> offsets = {0, 2, 5};
  std::vector<int64_t> rows = {20, 9, 12, 7, 29};
  std::vector<double> variances = {0, 0, 0, 0};
  int64_t num_groups = 2;
  int32_t k = 2;
  int32_t base = 0;
  int32_t missing = -1;
  residual_knn_search_options options = SearchOptions();
  size_t statistics_size = sizeof(residual_knn_statistics);
};

enum Calls : uint32_t { kWide = 1, kWidePredecessors = 2, kNarrow = 4, kNarrowPredecessors = 8 };
constexpr uint32_t kAll = 15;
constexpr uint32_t kNarrowCalls = kNarrow | kNarrowPredecessors;

const std::vector<BadInputCase<Arguments>>& RefusedCalls() {
  static const std::vector<BadInputCase<Arguments>> table = {
      {"nothing changed", kAll, [](auto& /*a*/) {}, kOk},
      {"no groups", kAll,
       [](auto& a) {
         a.num_groups = 0;
         a.null_offsets = a.null_rows = a.null_neighbors = true;
       },
       kOk},
      {"index NULL", kAll, [](auto& a) { a.null_index = true; }, kInvalid, "index is NULL"},
      {"group_offsets NULL", kAll, [](auto& a) { a.null_offsets = true; }, kInvalid,
       "group_offsets is NULL"},
      {"group_rows NULL", kAll, [](auto& a) { a.null_rows = true; }, kInvalid,
       "group_rows is NULL"},
      {"neighbors NULL", kAll, [](auto& a) { a.null_neighbors = true; }, kInvalid,
       "neighbors is NULL"},
      {"num_groups -1", kAll, [](auto& a) { a.num_groups = -1; }, kInvalid, "num_groups is -1"},
      {"k 0", kAll, [](auto& a) { a.k = 0; }, kInvalid, "k is 0"},
      {"an empty group", kAll, [](auto& a) { a.offsets[1] = 5; }, kInvalid, "group 1 is empty"},
      {"an empty group, counted from 1", kAll,
       [](auto& a) {
         a.offsets[1] = 5;
         a.options.message_base = 1;
       },
       kInvalid, "group 2 is empty"},
      {"offsets from 1", kAll, [](auto& a) { a.offsets[0] = 1; }, kInvalid,
       "group_offsets[0] is 1"},
      {"offsets that descend", kAll, [](auto& a) { a.offsets[1] = 6; }, kInvalid,
       "group_offsets[2] is 5, less than the one before, 6"},
      {"more rows than points", kAll, [](auto& a) { a.offsets[2] = 31; }, kInvalid,
       "the groups have 31 rows"},
      {"huge offsets", kAll, [](auto& a) { a.offsets[2] = kHuge; }, kInvalid, "only n = 30"},
      {"a row beyond", kAll, [](auto& a) { a.rows[3] = 30; }, kInvalid,
       "group_rows[3], in group 1, is 30"},
      {"a row -1", kAll, [](auto& a) { a.rows[0] = -1; }, kInvalid,
       "group_rows[0], in group 0, is -1"},
      {"groups that overlap", kAll, [](auto& a) { a.rows[4] = 9; }, kInvalid,
       "group_rows[4], in group 1, is 9, which is in group 0 already"},
      {"a row twice", kAll, [](auto& a) { a.rows[4] = 12; }, kInvalid,
       "group_rows[4], in group 1, is 12, which is in the group already"},
      {"base 2", kNarrowCalls, [](auto& a) { a.base = 2; }, kInvalid, "base is 2"},
      {"missing 3", kNarrowCalls, [](auto& a) { a.missing = 3; }, kInvalid, "missing is 3"},
      {"layout 2", kAll, [](auto& a) { a.options.layout = 2; }, kInvalid, "layout is 2"},
      {"ranking 7", kAll, [](auto& a) { a.options.ranking = 7; }, kInvalid, "ranking is 7"},
      {"conditional selection", kAll, [](auto& a) { a.options.selection = 1; }, kOk},
      {"selection 2", kAll, [](auto& a) { a.options.selection = 2; }, kInvalid, "selection is 2"},
      {"conditional selection, signed", kAll,
       [](auto& a) {
         a.options.selection = 1;
         a.options.ranking = RESIDUAL_KNN_SIGNED;
       },
       kInvalid, "ranking is 1"},
      {"too few candidates", kAll,
       [](auto& a) {
         a.options.selection = 1;
         a.options.residual_candidates = a.options.scaled_candidates = 1;
       },
       kInvalid, "one of them must be at least k = 2"},
      {"candidates of the nearest", kAll, [](auto& a) { a.options.residual_candidates = 9; },
       kInvalid, "residual_candidates must have its default: searches for groups use it only with"},
      {"conditional variances", kAll,
       [](auto& a) {
         a.options.selection = 1;
         a.options.conditional_variances = a.variances.data();
       },
       kInvalid, "conditional_variances must have its default"},
      {"candidate lists", kAll, [](auto& a) { a.options.candidate_offsets = a.offsets.data(); },
       kInvalid, "candidate_offsets must have its default"},
      {"threads -1", kAll, [](auto& a) { a.options.threads = -1; }, kInvalid, "threads is -1"},
      {"statistics size 3", kAll, [](auto& a) { a.statistics_size = 3; }, kInvalid,
       "residual_knn_statistics.struct_size is 3"},
      {"cancelled", kAll, [](auto& a) { a.options.progress = Cancel; },
       RESIDUAL_KNN_ERROR_CANCELLED, "cancelled"},
  };
  return table;
}

template <class Row, class Call>
Outcome CallWith(const Arguments& a, const Call& call) {
  Poisoned<Row> neighbors(4);
  Poisoned<double> distances(4);
  Extended<residual_knn_statistics> statistics(residual_knn_statistics_init);
  statistics.Poison(a.statistics_size);
  const residual_knn_status status =
      call(a.null_neighbors ? nullptr : neighbors.data(), distances.data(), &statistics.known);
  const bool untouched = neighbors.untouched() && distances.untouched();
  Outcome outcome = OutcomeOf(status, untouched && statistics.Untouched(a.statistics_size));
  if (status == kOk && untouched != (a.num_groups == 0)) {
    outcome.fault = "the neighbors are not those of the groups";
  }
  return outcome;
}

void TestRefusals(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const CreatedIndex created = CreateIndex(PlainModel(random, 30, 4));
  const auto make_call = [&](uint32_t call, const Arguments& a) {
    const residual_knn_index* const index = a.null_index ? nullptr : created.index.get();
    const int64_t* const offsets = a.null_offsets ? nullptr : a.offsets.data();
    const bool predecessors = (call & (kWidePredecessors | kNarrowPredecessors)) != 0;
    if ((call & kNarrowCalls) == 0) {
      return CallWith<int64_t>(a, [&](auto* neighbors, auto* distances, auto* statistics) {
        return (predecessors ? residual_knn_group_predecessors : residual_knn_group_neighbors)(
            index, offsets, a.num_groups, a.null_rows ? nullptr : a.rows.data(), &a.options, a.k,
            neighbors, distances, statistics);
      });
    }
    const std::vector<int32_t> rows(a.rows.begin(), a.rows.end());
    return CallWith<int32_t>(a, [&](auto* neighbors, auto* distances, auto* statistics) {
      return (predecessors ? residual_knn_group_predecessors_int32
                           : residual_knn_group_neighbors_int32)(
          index, offsets, a.num_groups, a.null_rows ? nullptr : rows.data(), &a.options, a.k,
          a.base, a.missing, neighbors, distances, statistics);
    });
  };
  assert_true(ChangedCallsHold(
      RefusedCalls(),
      {"residual_knn_group_neighbors", "residual_knn_group_predecessors",
       "residual_knn_group_neighbors_int32", "residual_knn_group_predecessors_int32"},
      make_call));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestAgainstMembers, &run),
      cmocka_unit_test_prestate(TestSingleRows, &run),
      cmocka_unit_test_prestate(TestPrefixTrees, &run),
      cmocka_unit_test_prestate(TestLargeGroups, &run),
      cmocka_unit_test_prestate(TestConditionalSingleRows, &run),
      cmocka_unit_test_prestate(TestConditional, &run),
      cmocka_unit_test_prestate(TestCandidatesOfMembers, &run),
      cmocka_unit_test_prestate(TestRefusals, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
