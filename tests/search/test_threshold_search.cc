// Searches above a threshold find exactly the candidates whose canonical correlation reaches it: with every strategy,
// also for thresholds that are equal to a computed correlation or next to one.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "query/query_set.h"
#include "score/canonical_score.h"
#include "search/prepared.h"
#include "search/search.h"
#include "simd/covariance_row.h"
#include "support/engine_model.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::Monitor;
using residual_knn::Neighbor;
using residual_knn::QueryBlock;
using residual_knn::QuerySet;
using residual_knn::Ranking;
using residual_knn::ResidualModel;

constexpr int64_t kUsualModels = 20;

EngineSpec DrawSpec(Random& random) {
  EngineSpec spec;
  constexpr int32_t kKernels[] = {RESIDUAL_KNN_SQUARED_EXPONENTIAL, RESIDUAL_KNN_MATERN12,
                                  RESIDUAL_KNN_MATERN32, RESIDUAL_KNN_MATERN52};
  spec.kernel = kKernels[random.Integer(0, 3)];
  constexpr Shape kShapes[] = {Shape::kUniform, Shape::kClustered, Shape::kDuplicates,
                               Shape::kGrid};
  const Shape shape = kShapes[random.Integer(0, 3)];
  const int64_t n = random.Chance(0.3) ? random.LogInteger(1, 300) : random.Integer(1030, 2500);
  const int64_t d = random.Integer(1, 3);
  spec.points = RandomPoints(random, shape, n, d);
  const double stretch = std::exp(random.Uniform(-0.5, 2.5));
  for (double& value : spec.points.values) value *= stretch;
  const int64_t m = random.Chance(0.2) ? 0 : random.LogInteger(1, 40);
  // Inducing points among the points make some of them degenerate.
  spec.inducing = random.Chance(0.5) ? RandomRowsOf(random, spec.points, m)
                                     : RandomPoints(random, Shape::kUniform, m, d);
  if (random.Chance(0.3)) spec.nugget = std::pow(10, random.Uniform(-6, 0));
  return spec;
}

// The neighbors of each query, as a search passes them on.
class Found : public residual_knn::ResultSink {
 public:
  explicit Found(size_t queries) : rows_(queries) {}
  void Write(const QueryBlock& block, int64_t q, std::span<const Neighbor> neighbors) override {
    auto& row = rows_[static_cast<size_t>(block.slot[q])];
    row.insert(row.end(), neighbors.begin(), neighbors.end());
  }
  std::vector<Neighbor> Sorted(size_t query) {
    std::sort(rows_[query].begin(), rows_[query].end());
    return rows_[query];
  }

 private:
  std::vector<std::vector<Neighbor>> rows_;
};

// Canonical correlations of some queries with all of their candidates.
struct Scores {
  std::vector<std::vector<int64_t>> rows;
  std::vector<std::vector<double>> rho;

  Scores(const ResidualModel& model, const QuerySet& queries) {
    residual_knn::CanonicalScorer scorer(model, Ranking::kAbsolute);
    std::vector<int64_t> which(static_cast<size_t>(queries.size()));
    std::iota(which.begin(), which.end(), int64_t{0});
    QueryBlock block;
    Monitor monitor;
    queries.Load(which, block, monitor);
    rows.resize(which.size());
    rho.resize(which.size());
    std::vector<double> covariances(static_cast<size_t>(model.n()));
    for (int64_t q = 0; q < block.count; ++q) {
      scorer.SetQuery(block, q);
      residual_knn::CovarianceRow(model.covariance()->view(), residual_knn::ViewOf(model.points()),
                                  0, model.n(), block.points.data() + q * model.d(),
                                  covariances.data());
      std::vector<double> values;
      std::vector<int64_t>& candidates = rows[static_cast<size_t>(block.slot[q])];
      for (int64_t row = 0; row < block.limit[q]; ++row) {
        if (row == block.self[q]) continue;
        candidates.push_back(row);
        values.push_back(covariances[static_cast<size_t>(row)]);
      }
      std::vector<double>& scores = rho[static_cast<size_t>(block.slot[q])];
      scores.resize(candidates.size());
      scorer.Score(candidates, values, scores);
      if (block.inverse_deviation[q] == 0) std::fill(scores.begin(), scores.end(), 0.0);
    }
  }

  [[nodiscard]] std::vector<Neighbor> Above(size_t query, double threshold, Ranking ranking) const {
    std::vector<Neighbor> result;
    for (size_t j = 0; j < rows[query].size(); ++j) {
      const double value = rho[query][j];
      if ((ranking == Ranking::kSigned ? value : std::abs(value)) < threshold) continue;
      result.push_back({residual_knn::DistanceOf(value, ranking), rows[query][j]});
    }
    std::sort(result.begin(), result.end());
    return result;
  }

  // 0, 1, any value, and correlations as they were computed, with the numbers next to them.
  [[nodiscard]] std::vector<double> Thresholds(Random& random) const {
    std::vector<double> thresholds = {random.Uniform()};
    if (random.Chance(0.3)) thresholds.push_back(0);
    if (random.Chance(0.5)) thresholds.push_back(1);
    for (int i = 0; i < 2; ++i) {
      const auto query =
          static_cast<size_t>(random.Integer(0, static_cast<int64_t>(rho.size()) - 1));
      if (rho[query].empty()) continue;
      // Of some candidates the one with the largest correlation, so that most thresholds leave few pairs.
      double value = 0;
      for (int64_t j = random.LogInteger(1, 200); j > 0; --j) {
        const int64_t last = static_cast<int64_t>(rho[query].size()) - 1;
        const double drawn = std::abs(rho[query][static_cast<size_t>(random.Integer(0, last))]);
        if (drawn <= 1) value = std::max(value, drawn);
      }
      thresholds.push_back(value);
      thresholds.push_back(std::min(std::nextafter(value, 2), 1.0));
      thresholds.push_back(std::nextafter(value, 0));
    }
    return thresholds;
  }
};

bool Same(const std::vector<Neighbor>& a, const std::vector<Neighbor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Neighbor& x, const Neighbor& y) {
                      return x.row == y.row && x.distance == y.distance;
                    });
}

struct Exercise {
  int64_t searches = 0;
  int64_t pairs = 0;
  int64_t beyond_one = 0;  // correlations above 1
  int64_t dismissed = 0;   // searches that dismissed blocks
};

bool ModelHolds(uint64_t seed, Exercise& exercise) {
  Random random(seed);
  const EngineSpec spec = DrawSpec(random);
  const ResidualModel model = MakeEngineModel(spec);
  residual_knn::Prepared prepared(model);
  for (const bool predecessors : {false, true}) {
    const std::vector<int64_t> rows =
        RandomRowNumbers(random, model.n(), random.LogInteger(1, 120));
    const auto queries =
        residual_knn::MakeRowQueries(model, rows.data(), std::ssize(rows), predecessors);
    const Scores scores(model, *queries);
    for (const auto& values : scores.rho) {
      exercise.beyond_one += std::count_if(values.begin(), values.end(),
                                           [](double value) { return std::abs(value) > 1; });
    }
    for (const double threshold : scores.Thresholds(random)) {
      residual_knn::SearchSettings settings;
      settings.k = 0;
      settings.least_correlation = threshold;
      settings.ranking = random.Chance(0.3) ? Ranking::kSigned : Ranking::kAbsolute;
      settings.threads = static_cast<int>(random.Integer(1, 3));
      if (random.Chance(0.2)) settings.tile_candidates = random.LogInteger(1, 3000);
      for (int32_t strategy = 0; strategy <= RESIDUAL_KNN_DUAL_TREE; ++strategy) {
        settings.strategy = strategy;
        Found found(rows.size());
        Monitor monitor;
        const auto statistics =
            residual_knn::Search({model, *queries, settings, found, monitor}, prepared);
        ++exercise.searches;
        exercise.dismissed += statistics.blocks_dismissed > 0 ? 1 : 0;
        for (size_t query = 0; query < rows.size(); ++query) {
          const std::vector<Neighbor> expected = scores.Above(query, threshold, settings.ranking);
          exercise.pairs += std::ssize(expected);
          if (Same(found.Sorted(query), expected)) continue;
          char text[160];
          std::snprintf(text, sizeof text,
                        "strategy %d, threshold %.17g, query %zu: %zu neighbors instead of %zu",
                        strategy, threshold, query, found.Sorted(query).size(), expected.size());
          return Fail(seed, spec.Describe() + "; " + text);
        }
      }
    }
  }
  return true;
}

void TestExact(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Exercise exercise;
  assert_true(
      SeedsHold(run, kUsualModels, [&](uint64_t seed) { return ModelHolds(seed, exercise); }));
  std::printf(
      "%lld searches, %lld pairs, %lld correlations above 1, %lld searches dismissed blocks\n",
      static_cast<long long>(exercise.searches), static_cast<long long>(exercise.pairs),
      static_cast<long long>(exercise.beyond_one), static_cast<long long>(exercise.dismissed));
  if (!run.HasUsualCases(kUsualModels)) return;
  assert_true(exercise.beyond_one > 0);
  assert_true(exercise.dismissed * 10 > exercise.searches);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {cmocka_unit_test_prestate(TestExact, &run)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
