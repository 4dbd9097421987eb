// Weights and conditional variances against a dense solve in quadruple precision, and against the whole covariance. The
// reference takes V and p as the index has them, so that only the regression is put to the test.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/bad_input.h"
#include "support/checked_callback.h"
#include "support/conditioning_sets.h"
#include "support/dense_residual.h"
#include "support/extended.h"
#include "support/float_text.h"
#include "support/poisoned.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualModels = 150;

residual_knn_weights_options WeightsOptions() {
  residual_knn_weights_options options;
  residual_knn_weights_options_init(&options, sizeof options);
  return options;
}

struct Weights {
  residual_knn_status status = RESIDUAL_KNN_ERROR_INTERNAL;
  std::vector<double> weights;
  std::vector<double> variances;
  residual_knn_weights_report report = {};

  [[nodiscard]] bool SameAs(const Weights& other) const {
    return status == other.status && SameBits(weights, other.weights) &&
           SameBits(variances, other.variances) &&
           report.log_determinant == other.report.log_determinant &&
           report.jittered_sets == other.report.jittered_sets;
  }
};

Weights Fresh(const Sets& sets) {
  Weights result;
  result.weights.resize(sets.neighbors.size());
  result.variances.resize(static_cast<size_t>(sets.count()));
  residual_knn_weights_report_init(&result.report, sizeof result.report);
  return result;
}

Weights WeightsOf(const residual_knn_index* index, const Sets& sets,
                  const residual_knn_weights_options& options = WeightsOptions()) {
  Weights result = Fresh(sets);
  const std::vector<int64_t> given = ToLayout(sets.neighbors, sets.count(), sets.k, options.layout);
  result.status =
      residual_knn_weights(index, sets.rows.data(), sets.count(), &options, sets.k, given.data(),
                           result.weights.data(), result.variances.data(), &result.report);
  result.weights = FromLayout(result.weights, sets.count(), sets.k, options.layout);
  return result;
}

// Dense solve of one regression, in correlations.
struct DenseSolution {
  bool positive_definite = false;
  std::vector<Quad> b;
  Quad unexplained = 1;
  double inverse_norm = 0;  // Frobenius norm of the inverse of the set's correlation
};

DenseSolution SolveDense(const DenseReference& reference, const std::vector<int64_t>& set,
                         int64_t query) {
  const auto k = static_cast<int64_t>(set.size());
  DenseSolution solution;
  const std::vector<Quad> l =
      CholeskyFactor(k, [&](int64_t i, int64_t j) { return reference.Rho(set[i], set[j]); });
  if (l.empty() && k > 0) return solution;
  solution.positive_definite = true;
  // Columns of the inverse, the solution among them.
  const auto solve = [&](std::vector<Quad> x) {
    for (int64_t i = 0; i < k; ++i) {
      for (int64_t e = 0; e < i; ++e) x[i] -= l[i * k + e] * x[e];
      x[i] /= l[i * k + i];
    }
    for (int64_t i = k - 1; i >= 0; --i) {
      for (int64_t e = i + 1; e < k; ++e) x[i] -= l[e * k + i] * x[e];
      x[i] /= l[i * k + i];
    }
    return x;
  };
  std::vector<Quad> c(static_cast<size_t>(k));
  for (int64_t j = 0; j < k; ++j) c[j] = reference.Rho(query, set[j]);
  solution.b = solve(c);
  for (int64_t j = 0; j < k; ++j) solution.unexplained -= c[j] * solution.b[j];
  Quad square = 0;
  for (int64_t j = 0; j < k; ++j) {
    std::vector<Quad> unit(static_cast<size_t>(k));
    unit[j] = 1;
    for (const Quad x : solve(unit)) square += x * x;
  }
  solution.inverse_norm = static_cast<double>(Sqrt(square));
  return solution;
}

struct Tally {
  int64_t sets = 0;
  int64_t refused = 0;
  int64_t sharp = 0;  // compared to 6 digits or more
};

// First-order perturbation of b = C^-1 c and of 1 - c'b, with entries of C and c off by `error`.
bool SetHolds(const DenseReference& reference, const Sets& sets, int64_t query,
              const Weights& answer, Tally& tally) {
  const std::vector<int64_t> set = sets.Of(query);
  const int64_t row = sets.rows[query];
  const DenseSolution dense = SolveDense(reference, set, row);
  if (!dense.positive_definite) return true;  // then the engine has rounding to thank
  const auto k = static_cast<double>(set.size());
  double length = 1;
  for (const Quad b : dense.b) length += std::abs(static_cast<double>(b));
  const double error = reference.Error(set, row) + 16 * (k + 8) * 0x1p-53;
  const double tolerance = 4 * (k + 1) * error * length * std::max(dense.inverse_norm, 1.0);
  ++tally.sets;
  if (tolerance < 1e-6) ++tally.sharp;
  if (tolerance > 0.01) return true;
  int64_t a = 0;
  for (int64_t place = 0; place < sets.k; ++place) {
    const double weight = answer.weights[query * sets.k + place];
    if (sets.neighbors[query * sets.k + place] < 0) {
      if (weight != 0) return Fail("a place without a neighbor has a weight");
      continue;
    }
    const double scale = std::sqrt(reference.p(set[a]) / reference.p(row));
    const bool degenerate = reference.Degenerate(set[a]) || reference.Degenerate(row);
    const double expected = degenerate ? 0 : static_cast<double>(dense.b[a]);
    if (degenerate ? weight != 0 : !(std::abs(weight * scale - expected) <= tolerance)) {
      return Fail("weight of row " + std::to_string(set[a]) + " is " +
                  std::to_string(weight * scale) + ", not " + std::to_string(expected) +
                  ", in correlations");
    }
    ++a;
  }
  const double expected = reference.Degenerate(row) ? 1 : static_cast<double>(dense.unexplained);
  const double share = reference.p(row) > 0 ? answer.variances[query] / reference.p(row) : expected;
  return std::abs(share - expected) <= tolerance * length ||
         Fail("D / p is " + std::to_string(share) + ", not " + std::to_string(expected));
}

bool ModelHolds(uint64_t seed, Tally& tally) {
  Random random(seed);
  const RandomModel drawn = DrawModel(random, {150, 6, 40});
  const Model& model = drawn.model;
  const CreatedIndex created = CreateIndex(model);
  if (created.status != RESIDUAL_KNN_OK) return true;  // other tests are about that
  const FactorCopy factor = FactorOf(created.index.get());
  const DenseReference reference(model, factor);
  for (int i = 0; i < 3; ++i) {
    const Sets sets = DrawSets(random, created.index.get(), model.points.n);
    residual_knn_weights_options options = WeightsOptions();
    options.threads = 1;
    const Weights answer = WeightsOf(created.index.get(), sets, options);
    if (answer.status == RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE) {
      // Rounding may have spoiled a set; the jitter must help, and be reported.
      ++tally.refused;
      options.jitter = 1e-2;
      const Weights helped = WeightsOf(created.index.get(), sets, options);
      if (helped.status != RESIDUAL_KNN_OK || helped.report.jittered_sets < 1) {
        return Fail(seed, "jitter did not help: " + std::string(residual_knn_last_error()));
      }
      continue;
    }
    if (answer.status != RESIDUAL_KNN_OK) return Fail(seed, residual_knn_last_error());
    double sum = 0;
    for (int64_t q = 0; q < sets.count(); ++q) {
      sum += std::log(answer.variances[q]);
      if (!SetHolds(reference, sets, q, answer, tally)) {
        return Fail(seed, drawn.description + ", query " + std::to_string(q));
      }
    }
    if (sum != answer.report.log_determinant) return Fail(seed, "the log-determinant");
    // Layout, threads and width must not matter.
    options.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
    options.threads = 3;
    if (!WeightsOf(created.index.get(), sets, options).SameAs(answer)) {
      return Fail(seed, "another layout and number of threads");
    }
    const std::vector<int32_t> rows = Narrow(sets.rows);
    const std::vector<int32_t> neighbors = Narrow(sets.neighbors);
    Weights narrow = Fresh(sets);
    narrow.status = residual_knn_weights_int32(
        created.index.get(), rows.data(), sets.count(), nullptr, sets.k, 1, kMissingOfR,
        neighbors.data(), narrow.weights.data(), narrow.variances.data(), &narrow.report);
    if (!narrow.SameAs(answer)) return Fail(seed, "32-bit rows");
  }
  return true;
}

void TestAgainstDense(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Tally tally;
  const bool holds =
      SeedsHold(run, kUsualModels, [&](uint64_t seed) { return ModelHolds(seed, tally); });
  std::printf("%lld sets, %lld of them to 6 digits; %lld calls needed jitter\n",
              static_cast<long long>(tally.sets), static_cast<long long>(tally.sharp),
              static_cast<long long>(tally.refused));
  assert_true(holds);
  if (run.HasUsualCases(kUsualModels)) {
    assert_true(tally.sharp > 500 && tally.refused > 0);
  }
}

// With all predecessors, sum log D is the log-determinant of R, and B R B' = D.
void TestWholeCovariance(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = SmoothModel(random, 60, 12);
  const CreatedIndex created = CreateIndex(model);
  const FactorCopy factor = FactorOf(created.index.get());
  const DenseReference reference(model, factor);
  const int64_t n = model.points.n;
  const std::vector<Quad> l = CholeskyFactor(n, [&](int64_t i, int64_t j) {
    return reference.Rho(i, j) * Sqrt(reference.p(i)) * Sqrt(reference.p(j));
  });
  assert_false(l.empty());
  Quad log_determinant = 0;
  for (int64_t i = 0; i < n; ++i) log_determinant += 2 * Log(l[i * n + i]);
  const Weights answer = WeightsOf(created.index.get(), AllPredecessors(n));
  assert_int_equal(answer.status, RESIDUAL_KNN_OK);
  assert_true(std::abs(answer.report.log_determinant - static_cast<double>(log_determinant)) <
              1e-10 * std::abs(answer.report.log_determinant));
  for (int64_t i = 0; i < n; ++i) {
    assert_true(std::abs(answer.variances[i] - static_cast<double>(l[i * n + i] * l[i * n + i])) <
                1e-10);
  }
}

// New points have the weights that rows at the same places have.
void TestNewPoints(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const NewPointCase test(random);
  const Sets& sets = test.sets;
  constexpr int64_t kNew = NewPointCase::kNew;
  const CreatedIndex all = CreateIndex(test.whole);
  const CreatedIndex created = CreateIndex(test.old);
  const Weights expected = WeightsOf(all.index.get(), sets);
  assert_int_equal(expected.status, RESIDUAL_KNN_OK);
  const auto close = [&](const Weights& answer) {
    return answer.status == RESIDUAL_KNN_OK && IsClose(answer.weights, expected.weights, 1e-11) &&
           IsClose(answer.variances, expected.variances, 1e-11);
  };
  Weights answer = Fresh(sets);
  answer.status = residual_knn_weights_of_new_points(
      created.index.get(), test.queries.data(), kNew, nullptr, sets.k, sets.neighbors.data(),
      answer.weights.data(), answer.variances.data(), &answer.report);
  assert_true(close(answer));
  const std::vector<int32_t> narrow = Narrow(sets.neighbors, 0, -1);
  Weights answer32 = Fresh(sets);
  answer32.status = residual_knn_weights_of_new_points_int32(
      created.index.get(), test.queries.data(), kNew, nullptr, sets.k, 0, -1, narrow.data(),
      answer32.weights.data(), answer32.variances.data(), &answer32.report);
  assert_true(answer32.SameAs(answer));
  // The same with V and p given.
  const FactorCopy factor = FactorOf(all.index.get());
  const int64_t n = test.old.points.n;
  const CreatedIndex given = CreateIndexFromFactor(test.old, factor.Part(0, n));
  const FactorCopy of_new = factor.Part(n, kNew);
  assert_int_equal(given.status, RESIDUAL_KNN_OK);
  Weights from_factor = Fresh(sets);
  from_factor.status = residual_knn_weights_of_new_factor(
      given.index.get(), of_new.v.data(), of_new.p.data(), test.queries.data(), kNew, nullptr,
      sets.k, sets.neighbors.data(), from_factor.weights.data(), from_factor.variances.data(),
      &from_factor.report);
  assert_true(close(from_factor));
  Weights from_factor32 = Fresh(sets);
  from_factor32.status = residual_knn_weights_of_new_factor_int32(
      given.index.get(), of_new.v.data(), of_new.p.data(), test.queries.data(), kNew, nullptr,
      sets.k, 0, -1, narrow.data(), from_factor32.weights.data(), from_factor32.variances.data(),
      &from_factor32.report);
  assert_true(from_factor32.SameAs(from_factor));
  // Each index refuses the other kind.
  assert_int_equal(
      residual_knn_weights_of_new_points(given.index.get(), test.queries.data(), kNew, nullptr,
                                         sets.k, sets.neighbors.data(), nullptr, nullptr, nullptr),
      RESIDUAL_KNN_ERROR_UNSUPPORTED);
  assert_non_null(std::strstr(residual_knn_last_error(), "residual_knn_weights_of_new_factor"));
  assert_int_equal(residual_knn_weights_of_new_factor(
                       created.index.get(), of_new.v.data(), of_new.p.data(), test.queries.data(),
                       kNew, nullptr, sets.k, sets.neighbors.data(), nullptr, nullptr, nullptr),
                   RESIDUAL_KNN_ERROR_UNSUPPORTED);
  assert_non_null(std::strstr(residual_knn_last_error(), "residual_knn_weights_of_new_points"));
}

void TestCallback(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = SmoothModel(random, 50, 8);
  const CreatedIndex built_in = CreateIndex(model);
  CheckedCallback callback(model.kernel, model.points, nullptr);
  const CreatedIndex called = CreateIndexFromCallback(FactorOf(built_in.index.get()), callback);
  assert_int_equal(called.status, RESIDUAL_KNN_OK);
  const Sets sets = AllPredecessors(model.points.n);
  residual_knn_weights_options options = WeightsOptions();
  options.threads = 3;
  const Weights answer = WeightsOf(called.index.get(), sets, options);
  const Weights expected = WeightsOf(built_in.index.get(), sets, options);
  assert_int_equal(answer.status, RESIDUAL_KNN_OK);
  assert_false(callback.left_thread() || callback.out_of_range());
  assert_true(IsClose(answer.weights, expected.weights, 1e-9));
}

// Inducing points without residual variance, as queries and as neighbors.
void TestDegenerate(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  Model model = SmoothModel(random, 20, 0);
  model.nugget = 0;
  model.jitter = 0;
  model.inducing = {1, 2, {model.points(3, 0), model.points(3, 1)}};
  const CreatedIndex created = CreateIndex(model);
  assert_int_equal(InfoOf(created.index.get()).degenerate_points, 1);
  Sets sets;
  sets.k = 3;
  sets.rows = {3, 5};
  sets.neighbors = {1, 2, 4, 2, 3, -1};
  const Weights answer = WeightsOf(created.index.get(), sets);
  assert_int_equal(answer.status, RESIDUAL_KNN_OK);
  assert_int_equal(answer.report.degenerate_queries, 1);
  for (int place = 0; place < 3; ++place) assert_true(answer.weights[place] == 0);
  assert_true(answer.variances[0] == FactorOf(created.index.get()).p[3]);
  assert_true(answer.weights[3] != 0 && answer.weights[4] == 0 && answer.weights[5] == 0);
  // Alone, the same.
  sets.rows = {5};
  sets.neighbors = {2, -1, -1};
  const Weights alone = WeightsOf(created.index.get(), sets);
  assert_true(alone.weights[0] == answer.weights[3] && alone.variances[0] == answer.variances[1]);
}

// A repeated point without a nugget: its copy determines it.
void TestNotPositiveDefinite(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  Model model = SmoothModel(random, 12, 2);
  model.nugget = 0;
  for (int64_t c = 0; c < 2; ++c) model.points(7, c) = model.points(2, c);
  const CreatedIndex created = CreateIndex(model);
  Sets sets;
  sets.k = 2;
  sets.rows = {4, 9, 7};
  sets.neighbors = {1, 3, 7, 2, 2, -1};
  Weights answer = Fresh(sets);
  Poisoned<double> weights(6);
  Poisoned<double> variances(3);
  residual_knn_weights_options options = WeightsOptions();
  assert_int_equal(
      residual_knn_weights(created.index.get(), sets.rows.data(), 3, &options, 2,
                           sets.neighbors.data(), weights.data(), variances.data(), nullptr),
      RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE);
  assert_true(weights.untouched() && variances.untouched());
  assert_non_null(std::strstr(residual_knn_last_error(),
                              "query 1 (row 9) and its neighbors is not positive definite: "
                              "row 2 is determined by the neighbors before it"));
  options.message_base = 1;
  assert_int_equal(residual_knn_weights(created.index.get(), sets.rows.data() + 2, 1, &options, 2,
                                        sets.neighbors.data() + 4, nullptr, nullptr, nullptr),
                   RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE);
  assert_non_null(std::strstr(residual_knn_last_error(), "query 1 (row 8)"));
  assert_non_null(std::strstr(residual_knn_last_error(), "the neighbors determine the query"));
  options.jitter = 1e-6;
  answer = WeightsOf(created.index.get(), sets, options);
  assert_int_equal(answer.status, RESIDUAL_KNN_OK);
  assert_int_equal(answer.report.jittered_sets, 2);
  assert_int_equal(answer.report.first_jittered, 2);  // counted from 1
  assert_true(std::abs(answer.weights[4] - 1) < 1e-5);
  // Sets that need no jitter have none.
  sets.rows = {4};
  sets.neighbors = {1, 3};
  assert_true(
      WeightsOf(created.index.get(), sets).SameAs(WeightsOf(created.index.get(), sets, options)));
}

// Two queries of an index of 30 points, with two neighbors each. Both widths of row numbers are called.
struct Arguments {
  bool null_index = false;
  bool null_rows = false;
  bool null_neighbors = false;
  std::vector<int64_t> rows = {5, 6};
  int64_t num_queries = 2;
  int32_t k = 2;
  std::vector<int64_t> neighbors = {1, 2, 3, 4};
  residual_knn_weights_options options = WeightsOptions();
  size_t report_size = sizeof(residual_knn_weights_report);
};

enum Calls : uint32_t { kWide = 1, kNarrow = 2, kBoth = 3 };

const std::vector<BadInputCase<Arguments>>& RefusedCalls() {
  static const std::vector<BadInputCase<Arguments>> table = {
      {"nothing changed", kBoth, [](auto& /*a*/) {}, kOk},
      {"no queries", kBoth,
       [](auto& a) {
         a.num_queries = 0;
         a.null_rows = a.null_neighbors = true;
       },
       kOk},
      {"index NULL", kBoth, [](auto& a) { a.null_index = true; }, kInvalid, "index is NULL"},
      {"num_queries -1", kBoth, [](auto& a) { a.num_queries = -1; }, kInvalid, "num_queries is -1"},
      {"k 0", kBoth, [](auto& a) { a.k = 0; }, kInvalid, "k is 0"},
      {"neighbors NULL", kBoth, [](auto& a) { a.null_neighbors = true; }, kInvalid,
       "neighbors is NULL"},
      {"rows NULL for some rows", kBoth, [](auto& a) { a.null_rows = true; }, kInvalid,
       "must be n = 30"},
      {"a row beyond", kBoth, [](auto& a) { a.rows[1] = 30; }, kInvalid, "rows[1] is 30"},
      {"a neighbor beyond", kBoth, [](auto& a) { a.neighbors[3] = 30; }, kInvalid,
       "place 1 of query 1 is 30"},
      {"a neighbor -2", kBoth, [](auto& a) { a.neighbors[3] = -2; }, kInvalid,
       "place 1 of query 1 is -2"},
      {"the greatest neighbor", kWide, [](auto& a) { a.neighbors[3] = INT64_MAX; }, kInvalid,
       "place 1 of query 1 is 9223372036854775807"},
      {"the greatest 32-bit neighbor", kNarrow, [](auto& a) { a.neighbors[3] = INT32_MAX; },
       kInvalid, "place 1 of query 1 is 2147483647"},
      {"the query itself", kBoth, [](auto& a) { a.neighbors[1] = 5; }, kInvalid,
       "place 1 of query 0 is 5, the query itself"},
      {"a neighbor twice", kBoth, [](auto& a) { a.neighbors[3] = 3; }, kInvalid,
       "place 1 of query 1 is 3, which the query has already"},
      {"jitter", kBoth, kNegative, [](auto& a, double value) { a.options.jitter = value; },
       kInvalid, "jitter"},
      {"layout 2", kBoth, [](auto& a) { a.options.layout = 2; }, kInvalid, "layout is 2"},
      {"threads -1", kBoth, [](auto& a) { a.options.threads = -1; }, kInvalid, "threads is -1"},
      {"report size 3", kBoth, [](auto& a) { a.report_size = 3; }, kInvalid,
       "residual_knn_weights_report.struct_size is 3"},
      {"cancelled", kBoth, [](auto& a) { a.options.progress = Cancel; },
       RESIDUAL_KNN_ERROR_CANCELLED, "cancelled"},
  };
  return table;
}

Outcome CallWith(const residual_knn_index* index, uint32_t call, const Arguments& a) {
  Poisoned<double> weights(4);
  Poisoned<double> variances(2);
  Extended<residual_knn_weights_report> report(residual_knn_weights_report_init);
  report.Poison(a.report_size);
  const residual_knn_index* const given = a.null_index ? nullptr : index;
  residual_knn_status status = RESIDUAL_KNN_ERROR_INTERNAL;
  if (call == kWide) {
    status = residual_knn_weights(given, a.null_rows ? nullptr : a.rows.data(), a.num_queries,
                                  &a.options, a.k, a.null_neighbors ? nullptr : a.neighbors.data(),
                                  weights.data(), variances.data(), &report.known);
  } else {
    const std::vector<int32_t> rows(a.rows.begin(), a.rows.end());
    const std::vector<int32_t> neighbors(a.neighbors.begin(), a.neighbors.end());
    status = residual_knn_weights_int32(given, a.null_rows ? nullptr : rows.data(), a.num_queries,
                                        &a.options, a.k, 0, -1,
                                        a.null_neighbors ? nullptr : neighbors.data(),
                                        weights.data(), variances.data(), &report.known);
  }
  const bool untouched = weights.untouched() && variances.untouched();
  Outcome outcome = OutcomeOf(status, untouched && report.Untouched(a.report_size));
  if (status == kOk && untouched != (a.num_queries == 0)) {
    outcome.fault = "the weights are not those of the queries";
  }
  return outcome;
}

void TestRefusals(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = SmoothModel(random, 30, 4);
  const CreatedIndex created = CreateIndex(model);
  assert_true(ChangedCallsHold(
      RefusedCalls(), {"residual_knn_weights", "residual_knn_weights_int32"},
      [&](uint32_t call, const Arguments& a) { return CallWith(created.index.get(), call, a); }));
  // No output is wanted.
  const Arguments valid;
  assert_int_equal(residual_knn_weights(created.index.get(), valid.rows.data(), 2, nullptr, 2,
                                        valid.neighbors.data(), nullptr, nullptr, nullptr),
                   RESIDUAL_KNN_OK);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestAgainstDense, &run),
      cmocka_unit_test_prestate(TestWholeCovariance, &run),
      cmocka_unit_test_prestate(TestNewPoints, &run),
      cmocka_unit_test_prestate(TestCallback, &run),
      cmocka_unit_test_prestate(TestDegenerate, &run),
      cmocka_unit_test_prestate(TestNotPositiveDefinite, &run),
      cmocka_unit_test_prestate(TestRefusals, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
