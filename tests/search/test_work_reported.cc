// At the end of a stage, the reported work equals the announced total: for the factor of K(Z,Z), for V, for orderings
// and inducing points, and for searches with every strategy.
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "parallel/monitor.h"
#include "points/inducing_points.h"
#include "points/ordering.h"
#include "query/query_set.h"
#include "search/prepared.h"
#include "search/search.h"
#include "support/engine_model.h"
#include "support/no_results.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::Monitor;
using residual_knn::ResidualModel;
using residual_knn::ScaledPoints;

bool AllIsDone(const std::string& name, const Monitor& monitor) {
  return monitor.done() == monitor.total() ||
         Fail(name + ": " + std::to_string(monitor.done()) + " of " +
              std::to_string(monitor.total()) + " done");
}

ScaledPoints Scaled(const Points& points) {
  const std::vector<double> lengthscales = {1.0};
  const std::vector<double> origin(static_cast<size_t>(points.d));
  return ScaledPoints({points.values.data(), points.n, points.d}, lengthscales, "points", origin);
}

bool FactorsHold(const TestRun& run) {
  Random random(run.seed);
  for (const int64_t m : {1, 31, 32, 33, 200}) {
    residual_knn::CovarianceParameters parameters;
    parameters.kernel = RESIDUAL_KNN_MATERN12;
    const residual_knn::CovarianceFunction covariance(parameters);
    Monitor monitor;
    const residual_knn::InducingFactor factor(
        covariance, Scaled(RandomPoints(random, Shape::kUniform, m, 2)), {1e-8, 0}, monitor);
    if (!AllIsDone("L, m = " + std::to_string(m), monitor)) return false;
    for (const int threads : {1, 3}) {
      static_cast<void>(factor.Deficit(covariance.view(), 1, threads, monitor));
      if (!AllIsDone("deficit, m = " + std::to_string(m), monitor)) return false;
    }
  }
  return true;
}

bool SearchesHold(const TestRun& run, residual_knn::Ranking ranking) {
  Random random(run.seed);
  EngineSpec spec;
  spec.kernel = RESIDUAL_KNN_MATERN32;
  spec.points = RandomPoints(random, Shape::kUniform, run.Scaled(4000), 2);
  // Points that are inducing points too are degenerate.
  spec.inducing = RandomRowsOf(random, spec.points, 40);
  spec.jitter = 1e-9;
  const ResidualModel model = MakeEngineModel(spec);
  const int64_t n = spec.points.n;
  std::vector<int64_t> rows(static_cast<size_t>(n));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  for (int32_t strategy = RESIDUAL_KNN_AUTOMATIC; strategy <= RESIDUAL_KNN_DUAL_TREE; ++strategy) {
    residual_knn::Prepared prepared(model);
    for (const bool predecessors : {false, true}) {
      for (const int threads : {1, 3}) {
        for (const int64_t tile : {0, 7}) {
          residual_knn::SearchSettings settings;
          settings.k = 4;
          settings.strategy = strategy;
          settings.threads = threads;
          settings.tile_queries = tile;
          settings.ranking = ranking;
          const auto queries = residual_knn::MakeRowQueries(model, rows.data(), n, predecessors);
          Monitor monitor;
          NoResults results;
          residual_knn::Search({model, *queries, settings, results, monitor}, prepared);
          if (!AllIsDone("ranking " + std::to_string(static_cast<int>(ranking)) + ", strategy " +
                             std::to_string(strategy) + (predecessors ? ", predecessors" : "") +
                             ", threads " + std::to_string(threads) + ", tile " +
                             std::to_string(tile),
                         monitor)) {
            return false;
          }
        }
      }
    }
  }
  return true;
}

enum class Counts { kRight, kWrong, kNotKept };

// Couplings are counted only by the search that computes them.
Counts CouplingsOf(Random& random, int64_t m) {
  EngineSpec spec;
  spec.kernel = RESIDUAL_KNN_MATERN52;
  spec.points = RandomPoints(random, Shape::kUniform, 6000, 2);
  spec.inducing = RandomRowsOf(random, spec.points, m);
  const ResidualModel model = MakeEngineModel(spec);
  std::vector<int64_t> rows(static_cast<size_t>(spec.points.n));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  residual_knn::SearchSettings settings;
  settings.k = 4;
  settings.strategy = RESIDUAL_KNN_DUAL_TREE;
  settings.threads = 2;
  residual_knn::Prepared prepared(model);
  const auto coupled = [&] {
    const auto queries = residual_knn::MakeRowQueries(model, rows.data(), spec.points.n, false);
    Monitor monitor;
    NoResults results;
    return residual_knn::Search({model, *queries, settings, results, monitor}, prepared)
        .pivots_coupled;
  };
  const int64_t first = coupled();
  const int64_t second = coupled();
  Monitor monitor;
  double seconds = 0;
  const residual_knn::ResidualTree& tree = prepared.trees().Get(0, 1, monitor, seconds);
  const int64_t pivots = tree.level(tree.top()).num_pivots();
  residual_knn::CouplingScratch scratch;
  const bool kept = tree.top() > 0 && tree.coupling(model, 0, scratch, monitor) != nullptr;
  std::printf("m %lld: %lld and then %lld pairs of %lld pivots, %s\n", static_cast<long long>(m),
              static_cast<long long>(first), static_cast<long long>(second),
              static_cast<long long>(pivots), kept ? "kept" : "not kept");
  if (!kept) return Counts::kNotKept;
  return first > 0 && first <= pivots * pivots && second == 0 ? Counts::kRight : Counts::kWrong;
}

bool CouplingsAreCounted(const TestRun& run) {
  Random random(run.seed);
  // With more inducing points, there is more space and less data to keep, until the tree has only one level.
  int kept = 0;
  for (const int64_t m : {60, 80, 100}) {
    const Counts counts = CouplingsOf(random, m);
    if (counts == Counts::kWrong) return Fail(run.seed, "couplings are not counted right");
    kept += counts == Counts::kRight ? 1 : 0;
  }
  return kept > 0 || Fail(run.seed, "no couplings were kept");
}

bool HelpersHold(const TestRun& run) {
  Random random(run.seed);
  const ScaledPoints points = Scaled(RandomPoints(random, Shape::kUniform, 3000, 2));
  Monitor monitor;
  static_cast<void>(residual_knn::ChooseRandomRows(points, 50, 1, monitor));
  if (!AllIsDone("random rows", monitor)) return false;
  static_cast<void>(residual_knn::MaximinOrder(points, monitor));
  return AllIsDone("maximin", monitor);
}

void TestFactors(void** state) { assert_true(FactorsHold(*static_cast<const TestRun*>(*state))); }
void TestSearches(void** state) {
  for (const auto ranking :
       {residual_knn::Ranking::kAbsolute, residual_knn::Ranking::kScaledDistance}) {
    assert_true(SearchesHold(*static_cast<const TestRun*>(*state), ranking));
  }
}
void TestCouplings(void** state) {
  assert_true(CouplingsAreCounted(*static_cast<const TestRun*>(*state)));
}
void TestHelpers(void** state) { assert_true(HelpersHold(*static_cast<const TestRun*>(*state))); }

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestFactors, &run),
      cmocka_unit_test_prestate(TestSearches, &run),
      cmocka_unit_test_prestate(TestCouplings, &run),
      cmocka_unit_test_prestate(TestHelpers, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
