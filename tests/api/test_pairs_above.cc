// All candidates above a threshold in compressed rows, against searches for all neighbors: every entry point, every kind
// of index, both widths of row numbers. (That the threshold is exact to the last bit is shown in test_threshold_search.)
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/bad_input.h"
#include "support/extended.h"
#include "support/float_text.h"
#include "support/poisoned.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/strategy_problem.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualProblems = 40;
constexpr int64_t kMostQueries = 24;

// Neighbors of queries in compressed rows.
struct Pairs {
  residual_knn_status status = RESIDUAL_KNN_ERROR_INTERNAL;
  std::vector<int64_t> offsets;
  std::vector<int64_t> neighbors;
  std::vector<double> distances;
  residual_knn_statistics statistics = {};

  [[nodiscard]] int64_t total() const { return offsets.back(); }
  [[nodiscard]] bool SameAs(const Pairs& other) const {
    return status == other.status && offsets == other.offsets && neighbors == other.neighbors &&
           SameBits(distances, other.distances);
  }
};

// One call for any question.
class PairsCall {
 public:
  PairsCall(const residual_knn_index* index, const Question& question, const Manner& manner,
            double threshold)
      : index_(index),
        question_(question),
        manner_(manner),
        threshold_(threshold),
        options_(SearchOptions(manner)) {}

  Pairs WithCapacity(int64_t capacity) const {
    Pairs pairs;
    pairs.offsets.assign(static_cast<size_t>(question_.count() + 1), -7);
    pairs.distances.assign(static_cast<size_t>(capacity), -7);
    residual_knn_statistics_init(&pairs.statistics, sizeof pairs.statistics);
    if (manner_.int32_rows) {
      std::vector<int32_t> narrow(static_cast<size_t>(capacity), -7);
      Run32(capacity, narrow.data(), pairs);
      for (const int32_t row : narrow) pairs.neighbors.push_back(int64_t{row} - manner_.base);
    } else {
      pairs.neighbors.assign(static_cast<size_t>(capacity), -7);
      Run(capacity, pairs);
    }
    return pairs;
  }
  // Counts, and then searches with the number as the capacity.
  Pairs Find() const {
    const Pairs counted = WithCapacity(0);
    return counted.status == RESIDUAL_KNN_OK ? WithCapacity(counted.total()) : counted;
  }

 private:
  void Run(int64_t capacity, Pairs& out) const {
    const int64_t count = question_.count();
    const int64_t* rows = question_.all_rows ? nullptr : question_.rows.data();
    int64_t* neighbors = capacity > 0 ? out.neighbors.data() : nullptr;
    double* distances = capacity > 0 ? out.distances.data() : nullptr;
    const std::vector<double> queries = LaidOut(question_.queries.values, question_.queries.d);
    const std::vector<double> v = LaidOut(question_.query_factor.v, question_.query_factor.m);
    switch (question_.kind) {
      case QueryKind::kNeighbors:
        out.status =
            residual_knn_neighbors_above(index_, rows, count, &options_, threshold_, capacity,
                                         out.offsets.data(), neighbors, distances, &out.statistics);
        return;
      case QueryKind::kPredecessors:
        out.status = residual_knn_predecessors_above(index_, rows, count, &options_, threshold_,
                                                     capacity, out.offsets.data(), neighbors,
                                                     distances, &out.statistics);
        return;
      case QueryKind::kNewPoints:
        out.status = residual_knn_neighbors_of_new_points_above(
            index_, queries.data(), count, &options_, threshold_, capacity, out.offsets.data(),
            neighbors, distances, &out.statistics);
        return;
      case QueryKind::kNewFactor:
        out.status = residual_knn_neighbors_of_new_factor_above(
            index_, v.empty() ? nullptr : v.data(), question_.query_factor.p.data(),
            question_.callback_index ? nullptr : queries.data(), count, &options_, threshold_,
            capacity, out.offsets.data(), neighbors, distances, &out.statistics);
    }
  }
  void Run32(int64_t capacity, int32_t* neighbors, Pairs& out) const {
    const int64_t count = question_.count();
    const std::vector<int32_t> shifted = Narrow(question_.rows, manner_.base);
    const int32_t* rows = question_.all_rows ? nullptr : shifted.data();
    const int32_t base = manner_.base;
    const std::vector<double> queries = LaidOut(question_.queries.values, question_.queries.d);
    const std::vector<double> v = LaidOut(question_.query_factor.v, question_.query_factor.m);
    switch (question_.kind) {
      case QueryKind::kNeighbors:
        out.status = residual_knn_neighbors_above_int32(
            index_, rows, count, &options_, threshold_, base, capacity, out.offsets.data(),
            neighbors, out.distances.data(), &out.statistics);
        return;
      case QueryKind::kPredecessors:
        out.status = residual_knn_predecessors_above_int32(
            index_, rows, count, &options_, threshold_, base, capacity, out.offsets.data(),
            neighbors, out.distances.data(), &out.statistics);
        return;
      case QueryKind::kNewPoints:
        out.status = residual_knn_neighbors_of_new_points_above_int32(
            index_, queries.data(), count, &options_, threshold_, base, capacity,
            out.offsets.data(), neighbors, out.distances.data(), &out.statistics);
        return;
      case QueryKind::kNewFactor:
        out.status = residual_knn_neighbors_of_new_factor_above_int32(
            index_, v.empty() ? nullptr : v.data(), question_.query_factor.p.data(),
            question_.callback_index ? nullptr : queries.data(), count, &options_, threshold_, base,
            capacity, out.offsets.data(), neighbors, out.distances.data(), &out.statistics);
    }
  }
  [[nodiscard]] std::vector<double> LaidOut(const std::vector<double>& values,
                                            int64_t columns) const {
    return ToLayout(values, question_.queries.n, columns, manner_.layout);
  }

  const residual_knn_index* index_;
  const Question& question_;
  const Manner& manner_;
  double threshold_;
  residual_knn_search_options options_;
};

// "" or what is wrong with the neighbors of a query. `all` are all its candidates, nearest first.
std::string Fault(const Pairs& pairs, int64_t query, const Answer& all, double threshold) {
  constexpr double kError = 1e-12;  // of 1 - distance^2
  int64_t at = pairs.offsets[query];
  const int64_t end = pairs.offsets[query + 1];
  for (int64_t rank = 0; rank < all.k && all.neighbors[query * all.k + rank] >= 0; ++rank) {
    const double distance = all.distances[query * all.k + rank];
    const bool listed = at < end && pairs.neighbors[at] == all.neighbors[query * all.k + rank];
    if (listed && pairs.distances[at] != distance) return "a distance differs";
    if (listed) ++at;
    const double rho = 1 - distance * distance;
    const bool certain = std::abs(rho - threshold) > kError || threshold == 1;
    const bool above = threshold == 1 ? distance == 0 : rho > threshold;
    if (certain && listed != above) {
      return "row " + std::to_string(all.neighbors[query * all.k + rank]) +
             (listed ? " is below the threshold" : " is missing");
    }
  }
  return at == end ? "" : "rows that are no candidates, or in another order";
}

bool ProblemHolds(uint64_t seed, int64_t& found) {
  StrategyProblem problem(seed);
  if (problem.index() == nullptr) return true;
  Random random(seed + 1'000'000'007);
  for (const Question& whole : problem.questions()) {
    Question question = Part(whole, 0, std::min(whole.count(), kMostQueries));
    question.k = static_cast<int32_t>(problem.n());
    Manner manner = DrawManner(random, problem.n(),
                               random.Chance(0.3) ? RESIDUAL_KNN_SIGNED : RESIDUAL_KNN_ABSOLUTE);
    const Answer all = problem.AskThis(question, manner);
    if (all.status != RESIDUAL_KNN_OK) return Fail(seed, residual_knn_last_error());
    const double some = all.distances[static_cast<size_t>(random.LogInteger(1, all.k) - 1)];
    const double drawn = std::isfinite(some) ? 1 - some * some : 0.5;
    for (const double threshold : {std::clamp(drawn, 0.0, 1.0), random.Chance(0.5) ? 0.0 : 1.0}) {
      const auto find = [&](const Manner& by) {
        return problem.WithQueriesOf(
            question, [&] { return PairsCall(problem.index(), question, by, threshold).Find(); });
      };
      const Pairs pairs = find(manner);
      const std::string name = problem.description() + "; " + Describe(question) + "; " +
                               Describe(manner) + ", threshold " + std::to_string(threshold) + ": ";
      if (pairs.status != RESIDUAL_KNN_OK) return Fail(seed, name + residual_knn_last_error());
      for (int64_t query = 0; query < question.count(); ++query) {
        const std::string fault = Fault(pairs, query, all, threshold);
        if (!fault.empty()) {
          return Fail(seed, name + "query " + std::to_string(query) + ": " + fault);
        }
      }
      found += pairs.total();
      // The same bytes in another manner.
      const Manner other = DrawManner(random, problem.n(), manner.ranking);
      if (!find(other).SameAs(pairs)) {
        return Fail(seed, name + "another answer with " + Describe(other));
      }
    }
  }
  return true;
}

void TestAgainstNeighbors(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  int64_t found = 0;
  assert_true(
      SeedsHold(run, kUsualProblems, [&](uint64_t seed) { return ProblemHolds(seed, found); }));
  std::printf("%lld pairs\n", static_cast<long long>(found));
  assert_true(found > 0);
}

// With a threshold of 0, all pairs are found: each once among predecessors, and in both directions among all.
void TestAllPairs(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  Model model = PlainModel(random, 700, 8);
  // An inducing point without residual variance, and copies of a point.
  model.jitter = 0;
  model.inducing.values[0] = model.points(30, 0);
  model.inducing.values[1] = model.points(30, 1);
  for (int64_t row = 40; row < 60; ++row) {
    for (int64_t c = 0; c < 2; ++c) model.points(row, c) = model.points(7, c);
  }
  const CreatedIndex created = CreateIndex(model);
  assert_int_equal(InfoOf(created.index.get()).degenerate_points, 1);
  const int64_t n = model.points.n;
  for (const QueryKind kind : {QueryKind::kNeighbors, QueryKind::kPredecessors}) {
    for (const int32_t strategy : kAllStrategies) {
      const Question question = AllRows(kind, n, 1);
      Manner manner;
      manner.strategy = strategy;
      manner.threads = 2;
      const Pairs pairs = PairsCall(created.index.get(), question, manner, 0).Find();
      assert_int_equal(pairs.status, RESIDUAL_KNN_OK);
      for (int64_t row = 0; row < n; ++row) {
        const int64_t expected = kind == QueryKind::kNeighbors ? n - 1 : row;
        assert_int_equal(pairs.offsets[row + 1] - pairs.offsets[row], expected);
        std::vector<int64_t> rows(pairs.neighbors.begin() + pairs.offsets[row],
                                  pairs.neighbors.begin() + pairs.offsets[row + 1]);
        std::sort(rows.begin(), rows.end());
        assert_true(std::adjacent_find(rows.begin(), rows.end()) == rows.end());
        assert_true(rows.empty() || (rows.front() >= 0 && rows.back() < n));
      }
      // Repeats of a point are all found, and nothing else, even where rounding puts |rho| above 1.
      const Pairs equal = PairsCall(created.index.get(), question, manner, 1 - 1e-9).Find();
      for (const int64_t row : {7, 40, 59}) {
        const int64_t before = row == 7 ? 0 : row - 39;
        assert_int_equal(equal.offsets[row + 1] - equal.offsets[row],
                         kind == QueryKind::kNeighbors ? 20 : before);
      }
      assert_int_equal(equal.offsets[31] - equal.offsets[30], 0);
    }
  }
}

// The capacity decides between an error and an answer. An error leaves everything but the offsets untouched.
void TestCapacity(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = PlainModel(random, 500, 5);
  const CreatedIndex created = CreateIndex(model);
  const Question question = AllRows(QueryKind::kPredecessors, 500, 1);
  Manner manner;
  manner.threads = 3;
  const PairsCall call(created.index.get(), question, manner, 0.3);
  const Pairs pairs = call.Find();
  const int64_t total = pairs.total();
  assert_true(total > 1000);
  const Pairs roomy = call.WithCapacity(total + 3);
  assert_int_equal(roomy.status, RESIDUAL_KNN_OK);
  assert_true(roomy.offsets == pairs.offsets);
  assert_true(std::equal(pairs.neighbors.begin(), pairs.neighbors.end(), roomy.neighbors.begin()));
  for (int64_t i = total; i < total + 3; ++i) {
    assert_true(roomy.neighbors[i] == -7 && roomy.distances[i] == -7);
  }
  for (const int64_t capacity : {int64_t{1}, total / 2, total - 1}) {
    const Pairs small = call.WithCapacity(capacity);
    assert_int_equal(small.status, RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
    const std::string expected =
        "capacity is " + std::to_string(capacity) + ", must be at least " + std::to_string(total);
    assert_non_null(std::strstr(residual_knn_last_error(), expected.c_str()));
    assert_true(small.offsets == pairs.offsets);
    assert_true(std::all_of(small.neighbors.begin(), small.neighbors.end(),
                            [](int64_t row) { return row == -7; }));
    assert_true(std::all_of(small.distances.begin(), small.distances.end(),
                            [](double distance) { return distance == -7; }));
  }
  // Distances are not wanted.
  std::vector<int64_t> offsets(501);
  std::vector<int64_t> neighbors(static_cast<size_t>(total));
  assert_int_equal(
      residual_knn_predecessors_above(created.index.get(), nullptr, 500, nullptr, 0.3, total,
                                      offsets.data(), neighbors.data(), nullptr, nullptr),
      RESIDUAL_KNN_OK);
  assert_true(neighbors == pairs.neighbors);
}

int32_t CancelLater(void* user, int64_t /*done*/, int64_t /*total*/) {
  return --*static_cast<int*>(user) <= 0 ? 1 : 0;
}

void TestCancel(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = PlainModel(random, 4000, 100);
  const CreatedIndex created = CreateIndex(model);
  const Question question = AllRows(QueryKind::kNeighbors, 4000, 1);
  for (int calls = 1; calls < 4; ++calls) {
    int left = calls;
    Manner manner;
    manner.threads = 2;
    manner.progress = CancelLater;
    manner.progress_user = &left;
    const Pairs pairs = PairsCall(created.index.get(), question, manner, 0).WithCapacity(1000);
    if (left > 0) continue;  // finished before
    assert_int_equal(pairs.status, RESIDUAL_KNN_ERROR_CANCELLED);
    assert_int_equal(pairs.offsets[0], -7);
    assert_int_equal(pairs.neighbors[0], -7);
  }
}

// Two queries of an index of 30 points. Both widths of row numbers are called.
struct Arguments {
  bool null_index = false;
  bool null_rows = false;
  bool null_offsets = false;
  bool null_neighbors = false;
  std::vector<int64_t> rows = {5, 6};
  int64_t num_queries = 2;
  double threshold = 0;
  int32_t base = 0;
  int64_t capacity = 58;
  residual_knn_search_options options = SearchOptions();
  size_t statistics_size = sizeof(residual_knn_statistics);
};

enum Calls : uint32_t { kWide = 1, kNarrow = 2, kBoth = 3 };

constexpr BadValue kNoCorrelation[] = {{kNan, "nan"},
                                       {kInf, "inf"},
                                       {-kInf, "-inf"},
                                       {-1e-300, "-1e-300"},
                                       {-0.5, "-0.5"},
                                       {2, "2"},
                                       {1 + 0x1p-52, "1.0000000000000002"}};

const std::vector<BadInputCase<Arguments>>& RefusedCalls() {
  static const std::vector<BadInputCase<Arguments>> table = {
      {"nothing changed", kBoth, [](auto& /*a*/) {}, kOk},
      {"no queries", kBoth,
       [](auto& a) {
         a.num_queries = 0;
         a.null_rows = true;
       },
       kOk},
      {"threshold 1", kBoth, [](auto& a) { a.threshold = 1; }, kOk},
      {"threshold -0", kBoth, [](auto& a) { a.threshold = -0.0; }, kOk},
      {"counting", kBoth,
       [](auto& a) {
         a.capacity = 0;
         a.null_neighbors = true;
       },
       kOk},
      {"index NULL", kBoth, [](auto& a) { a.null_index = true; }, kInvalid, "index is NULL"},
      {"num_queries -1", kBoth, [](auto& a) { a.num_queries = -1; }, kInvalid, "num_queries is -1"},
      {"threshold", kBoth, kNoCorrelation, [](auto& a, double value) { a.threshold = value; },
       kInvalid, "threshold"},
      {"capacity -1", kBoth, [](auto& a) { a.capacity = -1; }, kInvalid, "capacity is -1"},
      {"offsets NULL", kBoth, [](auto& a) { a.null_offsets = true; }, kInvalid, "offsets is NULL"},
      {"neighbors NULL", kBoth, [](auto& a) { a.null_neighbors = true; }, kInvalid,
       "neighbors is NULL"},
      {"rows NULL for some rows", kBoth, [](auto& a) { a.null_rows = true; }, kInvalid,
       "must be n = 30"},
      {"a row beyond", kBoth, [](auto& a) { a.rows[1] = 30; }, kInvalid, "rows[1] is 30"},
      {"base 2", kNarrow, [](auto& a) { a.base = 2; }, kInvalid, "base is 2"},
      {"ranking by scaled distance", kBoth,
       [](auto& a) { a.options.ranking = RESIDUAL_KNN_SCALED_DISTANCE; }, kInvalid,
       "ranking is scaled distance"},
      {"ranking 7", kBoth, [](auto& a) { a.options.ranking = 7; }, kInvalid, "ranking is 7"},
      {"candidate lists", kBoth, [](auto& a) { a.options.candidate_rows = a.rows.data(); },
       kInvalid, "candidate_rows must have its default"},
      {"strategy 9", kBoth, [](auto& a) { a.options.strategy = 9; }, kInvalid, "strategy is 9"},
      {"selection", kBoth, [](auto& a) { a.options.selection = RESIDUAL_KNN_SELECT_CONDITIONAL; },
       kInvalid, "selection must have its default: searches above a threshold do not use it"},
      {"candidates", kBoth, [](auto& a) { a.options.scaled_candidates = 5; }, kInvalid,
       "scaled_candidates must have its default"},
      {"layout 2", kBoth, [](auto& a) { a.options.layout = 2; }, kInvalid, "layout is 2"},
      {"threads -1", kBoth, [](auto& a) { a.options.threads = -1; }, kInvalid, "threads is -1"},
      {"statistics size 3", kBoth, [](auto& a) { a.statistics_size = 3; }, kInvalid,
       "residual_knn_statistics.struct_size is 3"},
      {"cancelled", kBoth, [](auto& a) { a.options.progress = Cancel; },
       RESIDUAL_KNN_ERROR_CANCELLED, "cancelled"},
  };
  return table;
}

template <class Row, class Call>
Outcome CallWith(const Arguments& a, const Call& call) {
  Poisoned<int64_t> offsets(3);
  Poisoned<Row> neighbors(58);
  Poisoned<double> distances(58);
  Extended<residual_knn_statistics> statistics(residual_knn_statistics_init);
  statistics.Poison(a.statistics_size);
  const residual_knn_status status =
      call(a.null_offsets ? nullptr : offsets.data(), a.null_neighbors ? nullptr : neighbors.data(),
           distances.data(), &statistics.known);
  const bool untouched = offsets.untouched() && neighbors.untouched() && distances.untouched();
  Outcome outcome = OutcomeOf(status, untouched && statistics.Untouched(a.statistics_size));
  if (status == kOk &&
      offsets.data()[a.num_queries] != (a.threshold == 1 ? 0 : 29 * a.num_queries)) {
    outcome.fault = "not the number of pairs";
  }
  return outcome;
}

void TestRefusals(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const CreatedIndex created = CreateIndex(PlainModel(random, 30, 4));
  const auto make_call = [&](uint32_t call, const Arguments& a) {
    const residual_knn_index* const index = a.null_index ? nullptr : created.index.get();
    const std::vector<int32_t> narrow(a.rows.begin(), a.rows.end());
    if (call == kWide) {
      return CallWith<int64_t>(a, [&](auto* offsets, auto* neighbors, auto* distances, auto* s) {
        return residual_knn_neighbors_above(index, a.null_rows ? nullptr : a.rows.data(),
                                            a.num_queries, &a.options, a.threshold, a.capacity,
                                            offsets, neighbors, distances, s);
      });
    }
    return CallWith<int32_t>(a, [&](auto* offsets, auto* neighbors, auto* distances, auto* s) {
      return residual_knn_neighbors_above_int32(index, a.null_rows ? nullptr : narrow.data(),
                                                a.num_queries, &a.options, a.threshold, a.base,
                                                a.capacity, offsets, neighbors, distances, s);
    });
  };
  assert_true(ChangedCallsHold(
      RefusedCalls(), {"residual_knn_neighbors_above", "residual_knn_neighbors_above_int32"},
      make_call));
}

// Each kind of index refuses the new points of the other.
void TestOtherIndex(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = PlainModel(random, 30, 4);
  const CreatedIndex created = CreateIndex(model);
  const CreatedIndex given = CreateIndexFromFactor(model, FactorOf(created.index.get()));
  const double point[] = {0.5, 0.5};
  const double v[4] = {};
  const double p = 1;
  int64_t offsets[2];
  assert_int_equal(
      residual_knn_neighbors_of_new_points_above(given.index.get(), point, 1, nullptr, 0.5, 0,
                                                 offsets, nullptr, nullptr, nullptr),
      RESIDUAL_KNN_ERROR_UNSUPPORTED);
  assert_non_null(
      std::strstr(residual_knn_last_error(), "residual_knn_neighbors_of_new_factor_above"));
  assert_int_equal(
      residual_knn_neighbors_of_new_factor_above(created.index.get(), v, &p, point, 1, nullptr, 0.5,
                                                 0, offsets, nullptr, nullptr, nullptr),
      RESIDUAL_KNN_ERROR_UNSUPPORTED);
  assert_non_null(
      std::strstr(residual_knn_last_error(), "residual_knn_neighbors_of_new_points_above"));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestAgainstNeighbors, &run),
      cmocka_unit_test_prestate(TestAllPairs, &run),
      cmocka_unit_test_prestate(TestCapacity, &run),
      cmocka_unit_test_prestate(TestCancel, &run),
      cmocka_unit_test_prestate(TestRefusals, &run),
      cmocka_unit_test_prestate(TestOtherIndex, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
