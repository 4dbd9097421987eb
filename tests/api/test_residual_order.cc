// The maximin order in the residual distance against its definition, with the distances that searches return.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/checked_callback.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualModels = 200;

std::vector<int64_t> OrderOf(const residual_knn_index* index, int64_t n, int32_t threads = 1) {
  residual_knn_helper_options options = HelperOptions();
  options.threads = threads;
  std::vector<int64_t> order(static_cast<size_t>(n), -1);
  if (residual_knn_index_order(index, &options, order.data()) != RESIDUAL_KNN_OK) order.clear();
  return order;
}

// The distances between all rows, from a search: n x n, 0 on the diagonal.
std::vector<double> Distances(const residual_knn_index* index, int64_t n) {
  std::vector<double> distances(static_cast<size_t>(n * n));
  if (n == 1) return distances;
  const Answer answer = Ask(index, AllRows(QueryKind::kNeighbors, n, static_cast<int32_t>(n - 1)));
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t rank = 0; rank < n - 1; ++rank) {
      const int64_t place = i * (n - 1) + rank;
      distances[i * n + answer.neighbors[place]] = answer.distances[place];
    }
  }
  return distances;
}

bool IsDegenerate(const FactorCopy& factor, int64_t row) {
  double square = 0;
  for (int64_t e = 0; e < factor.m; ++e) {
    square += factor.v[row * factor.m + e] * factor.v[row * factor.m + e];
  }
  const double p = factor.p[row];
  return p <= 8.0 * static_cast<double>(factor.m + 8) * 0x1p-53 * (p + square) || p < 1e-280;
}

// The definition, in n^2 steps.
std::vector<int64_t> DefinedOrder(const FactorCopy& factor, const std::vector<double>& distances) {
  const auto n = static_cast<int64_t>(factor.p.size());
  std::vector<int64_t> left;
  std::vector<int64_t> degenerate;
  for (int64_t i = 0; i < n; ++i) (IsDegenerate(factor, i) ? degenerate : left).push_back(i);
  std::vector<double> nearest(static_cast<size_t>(n), std::numeric_limits<double>::infinity());
  std::vector<int64_t> order;
  auto next = std::max_element(left.begin(), left.end(),
                               [&](int64_t a, int64_t b) { return factor.p[a] < factor.p[b]; });
  while (!left.empty()) {
    const int64_t row = *next;
    order.push_back(row);
    left.erase(next);
    for (const int64_t i : left) nearest[i] = std::min(nearest[i], distances[i * n + row]);
    next = std::max_element(left.begin(), left.end(),
                            [&](int64_t a, int64_t b) { return nearest[a] < nearest[b]; });
  }
  order.insert(order.end(), degenerate.begin(), degenerate.end());
  return order;
}

struct Tally {
  int64_t compared = 0;
  int64_t degenerate = 0;
  int64_t without_inducing = 0;
  int64_t duplicates = 0;
};

bool OrderIsTheDefinition(const residual_knn_index* index, int64_t n) {
  const std::vector<int64_t> defined = DefinedOrder(FactorOf(index), Distances(index, n));
  for (const int32_t threads : {1, 3}) {
    if (OrderOf(index, n, threads) != defined) {
      return Fail("another order with " + std::to_string(threads) + " threads");
    }
  }
  return true;
}

bool ModelHolds(uint64_t seed, Tally& tally) {
  Random random(seed);
  RandomModel drawn = DrawModel(random, {250, 6, 40});
  // Without jitter and nugget, rows that are inducing points are degenerate.
  if (random.Chance(0.3)) drawn.model.jitter = drawn.model.nugget = 0;
  const CreatedIndex created = CreateIndex(drawn.model);
  if (created.status != RESIDUAL_KNN_OK) return true;  // other tests are about that
  const FactorCopy factor = FactorOf(created.index.get());
  int64_t degenerate = 0;
  for (int64_t i = 0; i < drawn.model.points.n; ++i) degenerate += IsDegenerate(factor, i) ? 1 : 0;
  // A row may be so near the level that another rounding of |V|^2 decides.
  if (degenerate != InfoOf(created.index.get()).degenerate_points) return true;
  ++tally.compared;
  tally.degenerate += degenerate > 0 ? 1 : 0;
  tally.without_inducing += factor.m == 0 ? 1 : 0;
  tally.duplicates += drawn.shape == Shape::kDuplicates ? 1 : 0;
  return OrderIsTheDefinition(created.index.get(), drawn.model.points.n) ||
         Fail(seed, drawn.description);
}

void TestDefinition(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Tally tally;
  const bool holds =
      SeedsHold(run, kUsualModels, [&](uint64_t seed) { return ModelHolds(seed, tally); });
  std::printf("%lld models, %lld with degenerate points, %lld with duplicates, %lld with m = 0\n",
              static_cast<long long>(tally.compared), static_cast<long long>(tally.degenerate),
              static_cast<long long>(tally.duplicates),
              static_cast<long long>(tally.without_inducing));
  assert_true(holds);
  if (run.HasUsualCases(kUsualModels)) {
    assert_true(tally.compared > 150 && tally.degenerate > 5 && tally.duplicates > 5 &&
                tally.without_inducing > 5);
  }
}

// So many points that the library searches for neighbors first.
void TestManyPoints(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  constexpr int64_t kMany = 2100;
  const CreatedIndex created = CreateIndex(PlainModel(random, kMany, 15));
  assert_true(OrderIsTheDefinition(created.index.get(), kMany));
}

// An index of the ordered points has the same V and p, in the new order.
void TestOrderedIndex(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  Model model = PlainModel(random, 300, 15);
  const CreatedIndex created = CreateIndex(model);
  const std::vector<int64_t> order = OrderOf(created.index.get(), model.points.n);
  assert_int_equal(order.size(), model.points.n);
  const FactorCopy factor = FactorOf(created.index.get());
  FactorCopy expected{factor.m, {}, {}};
  Points ordered{model.points.n, 2, {}};
  for (const int64_t row : order) {
    for (int64_t c = 0; c < 2; ++c) ordered.values.push_back(model.points(row, c));
    const auto v = factor.v.begin() + row * factor.m;
    expected.v.insert(expected.v.end(), v, v + factor.m);
    expected.p.push_back(factor.p[row]);
  }
  model.points = ordered;
  assert_true(FactorOf(CreateIndex(model).index.get()).SameAs(expected));
}

// A kernel of the caller, whose function stays on the calling thread.
void TestCallback(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = PlainModel(random, 120, 15);
  const CreatedIndex built_in = CreateIndex(model);
  CheckedCallback callback(model.kernel, model.points, nullptr);
  const CreatedIndex called = CreateIndexFromCallback(FactorOf(built_in.index.get()), callback);
  assert_int_equal(called.status, RESIDUAL_KNN_OK);
  assert_true(OrderIsTheDefinition(called.index.get(), model.points.n));
  assert_true(callback.calls() > 0 && !callback.left_thread() && !callback.out_of_range());
}

int32_t FailingCovariance(void* /*user*/, const int64_t* /*rows*/, int64_t /*num_rows*/,
                          const int64_t* /*columns*/, int64_t /*num_columns*/,
                          double* /*covariance*/) {
  return 1;
}

void TestFailingCallback(void** /*state*/) {
  const std::vector<double> p = {1, 1, 1};
  residual_knn_index* index = nullptr;
  assert_int_equal(residual_knn_index_create_from_callback(
                       nullptr, 3, 0, p.data(), FailingCovariance, nullptr, nullptr, &index),
                   RESIDUAL_KNN_OK);
  const IndexHandle handle(index);
  std::vector<int64_t> order = {7, 7, 7};
  assert_int_equal(residual_knn_index_order(index, nullptr, order.data()),
                   RESIDUAL_KNN_ERROR_CALLBACK);
  assert_true(order == std::vector<int64_t>({7, 7, 7}));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestDefinition, &run),
      cmocka_unit_test_prestate(TestManyPoints, &run),
      cmocka_unit_test_prestate(TestOrderedIndex, &run),
      cmocka_unit_test_prestate(TestCallback, &run),
      cmocka_unit_test(TestFailingCallback),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
