// The bounds of the residual tree as theorems: a bound for a query and a candidate is never less than their residual
// correlation, in quadruple precision from the stored V and p. For some pairs, a slightly smaller bound is too small,
// in single and in double precision. Otherwise the test would accept bounds that are merely large.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "base/error.h"
#include "descent/block_bounder.h"
#include "descent/query_columns.h"
#include "model/product_error.h"
#include "simd/pivot_bounds.h"
#include "support/engine_model.h"
#include "support/no_results.h"
#include "support/test_run.h"
#include "tree/coupling.h"
#include "tree/residual_tree.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::BlockBounder;
using residual_knn::BoundedBlocks;
using residual_knn::Coupling;
using residual_knn::CouplingScratch;
using residual_knn::PivotBlock;
using residual_knn::PivotBlocks;
using residual_knn::QueryColumns;
using residual_knn::ResidualModel;
using residual_knn::ResidualTree;
using residual_knn::TreeShape;

constexpr int64_t kUsualProblems = 150;
// The reserve of QueryColumns::Threshold for the rounding error of a bound.
constexpr double kBoundRounding = residual_knn::QueryColumns::kBoundRounding;

enum Kind { kBlock, kPoint, kCoupled, kNumKinds };
// Shares of a bound that must be too small for some pair, in double and in single precision. A coupled bound contains
// the root of a ridge of 0.001 or 0.02, for any query.
constexpr double kMutations[kNumKinds][2] = {{0.99, 0.99}, {0.99, 0.99}, {0.9, 0.75}};
constexpr std::array<const char*, kNumKinds> kKindNames = {"block", "point", "coupled block"};

// Counts for one kind of bound in one precision.
struct Tally {
  int64_t pairs = 0;
  int64_t useful = 0;   // bounds below 1
  int64_t mutants = 0;  // pairs that the mutated bound would miss
};

struct Tallies {
  std::array<std::array<Tally, 2>, kNumKinds> kinds{};  // in double, in single
  int64_t small = 0;  // useful bounds on points with p near 1e-8 K

  // False if the bound does not hold.
  bool Count(Kind kind, bool single, double rho, double bound, bool is_small) {
    Tally& tally = kinds[kind][single ? 1 : 0];
    ++tally.pairs;
    if (bound < 1) {
      ++tally.useful;
      if (is_small) ++small;
    }
    if (std::abs(rho) > kMutations[kind][single ? 1 : 0] * bound + kBoundRounding) ++tally.mutants;
    return std::abs(rho) <= bound + kBoundRounding;
  }

  void Print() const {
    for (int kind = 0; kind < kNumKinds; ++kind) {
      for (int single = 0; single < 2; ++single) {
        const Tally& tally = kinds[kind][single];
        std::printf("%s, %s: %lld pairs, %lld below 1, %lld lost to the mutated bound\n",
                    kKindNames[kind], single != 0 ? "single" : "double",
                    static_cast<long long>(tally.pairs), static_cast<long long>(tally.useful),
                    static_cast<long long>(tally.mutants));
      }
    }
    std::printf("%lld bounds below 1 where p is below 1e-7 of K\n", static_cast<long long>(small));
  }

  // Checks that a kind of bound is sharp in one precision.
  [[nodiscard]] bool HasPower(Kind kind, bool single) const {
    const Tally& tally = kinds[kind][single ? 1 : 0];
    return (tally.mutants > 0 && tally.useful > 0) ||
           Fail(std::string("a mutated bound is never too little: ") + kKindNames[kind] +
                (single ? ", single" : ", double"));
  }
};

// One tree and one chunk of queries.
class Case {
 public:
  Case(const ResidualModel& model, int32_t kernel, const ResidualTree& tree,
       const residual_knn::QuerySet& queries)
      : model_(model),
        kernel_(kernel),
        tree_(tree),
        chunk_({model, queries, settings_, results_, monitor_}, queries.size()) {
    std::vector<int64_t> which(static_cast<size_t>(queries.size()));
    std::iota(which.begin(), which.end(), int64_t{0});
    chunk_.Load(queries, which, tree, monitor_);
    rho_.resize(static_cast<size_t>(chunk_.count() * tree.size()));
    for (int64_t q = 0; q < chunk_.count(); ++q) {
      for (int64_t row = 0; row < tree.size(); ++row) rho_[q * tree.size() + row] = Rho(q, row);
    }
  }

  // What is added for each query covers its deficit, and the roundings of both products, that of the screen and that of the
  // canonical score. Most queries need much less.
  [[nodiscard]] bool QueriesHold() const {
    const residual_knn::Margins& margins = tree_.margins();
    const double canonical = residual_knn::ProductError(model_.m()) * model_.largest_norm();
    for (int64_t q = 0; q < chunk_.count(); ++q) {
      if (chunk_.degenerate(q)) continue;
      const double scale = chunk_.block().inverse_deviation[q];
      const double norm = chunk_.block().norm[q];
      if (chunk_.all().totals[q] < 1 + margins.Deficit(scale, norm)) return Fail("a total");
      for (const bool single : {false, true}) {
        const double product = residual_knn::ProductError(model_.m()) +
                               (single ? residual_knn::SingleProductError(model_.m()) : 0);
        const double screened = product * norm * model_.largest_norm() + model_.covariance_error();
        const double error = screened * (1 - 1e-12) + canonical * norm;
        const double* squares =
            single ? chunk_.all().squared_errors32 : chunk_.all().squared_errors64;
        if (chunk_.Error(single, q) < error ||
            squares[q] < error * scale * error * scale * (1 - 1e-12)) {
          return Fail("the error of query " + std::to_string(q));
        }
      }
    }
    return true;
  }

  bool BoundsHold(Tallies& tallies) {
    if (!QueriesHold()) return false;
    for (int l = 0; l <= tree_.top(); ++l) {
      for (int64_t b = 0; b < tree_.level(l).size(); ++b) {
        if (!BlockHolds(l, b, tallies)) return false;
      }
    }
    return true;
  }

  // For queries that are rows: from the pivots of their own blocks.
  bool CouplingsHold(Tallies& tallies) {
    if (tree_.top() == 0) return true;
    residual_knn::Pace pace(monitor_);
    for (int64_t q = 0; q < chunk_.count(); ++q) {
      const int64_t position = tree_.position(chunk_.block().self[q]);
      if (position < 0 || chunk_.degenerate(q)) continue;
      const int64_t home = tree_.BlockOf(tree_.top(), tree_.order().LeafAt(position));
      coupling_.Compute(model_, tree_.margins(), tree_.level(tree_.top()), home, scratch_, pace);
      if (!QueryHolds(q, position, home, tallies)) return false;
    }
    return true;
  }

 private:
  [[nodiscard]] double Rho(int64_t q, int64_t row) const {
    const auto d = static_cast<size_t>(model_.d());
    std::vector<double> point(d);
    model_.points().CopyPoint(row, point.data());
    const Quad residual = ExactResidual(kernel_, chunk_.block().points.data() + q * model_.d(),
                                        chunk_.block().v + q * model_.m(), point.data(),
                                        model_.v(row), model_.d(), model_.m());
    return static_cast<double>(residual * chunk_.block().inverse_deviation[q] *
                               model_.inverse_deviation()[row]);
  }

  // Checks one pair, unless the two are the same row.
  bool PairHolds(Kind kind, bool single, int64_t q, int64_t row, double bound, Tallies& tallies) {
    if (chunk_.block().self[q] == row) return true;
    const bool is_small = chunk_.block().inverse_deviation[q] > 1 / std::sqrt(1e-7) &&
                          model_.inverse_deviation()[row] > 1 / std::sqrt(1e-7);
    const double rho = rho_[q * tree_.size() + row];
    return tallies.Count(kind, single, rho, bound, is_small) ||
           Fail(std::string("a ") + kKindNames[kind] + " bound does not hold (" +
                (single ? "single" : "double") + "): query " + std::to_string(q) + ", row " +
                std::to_string(row) + ", rho " + std::to_string(rho) + ", bound " +
                std::to_string(bound));
  }

  bool BlockHolds(int l, int64_t b, Tallies& tallies) {
    const PivotBlocks& level = tree_.level(l);
    const PivotBlock& block = level[b];
    bounder_.Bound({level, b, b + 1}, chunk_, chunk_.all(), bounded_, counters_);
    // The coarsest level stores coefficients, not coordinates.
    const bool has_points = l < tree_.top() || l == 0;
    for (int64_t q = 0; q < chunk_.count(); ++q) {
      if (chunk_.degenerate(q)) continue;
      const double rest = std::sqrt(std::max(bounded_.totals[q] - bounded_.squares[q], 0.0));
      for (int64_t j = 0; j < block.end - block.begin; ++j) {
        const int64_t row = tree_.order().rows()[block.begin + j];
        if (!PairHolds(kBlock, bounded_.single, q, row, bounded_.Bound(b, q), tallies)) {
          return false;
        }
        if (!has_points) continue;
        double product = 0;
        for (int64_t a = 0; a < block.rank; ++a) {
          product += bounded_.z[a * bounded_.width + q] *
                     static_cast<double>(level.kept(block)[a * block.stride + j]);
        }
        const double bound = std::abs(product) + rest * static_cast<double>(level.roots(block)[j]);
        if (!PairHolds(kPoint, bounded_.single, q, row, bound, tallies)) return false;
      }
    }
    return true;
  }

  bool QueryHolds(int64_t q, int64_t position, int64_t home, Tallies& tallies) {
    const PivotBlocks& level = tree_.level(tree_.top());
    const PivotBlock& h = level[home];
    const int64_t column = position - h.begin;
    // A block's largest total is at least that of any query from it: in a chunk of the dual tree all totals are the
    // same, and whichever query the largest is taken from makes no difference.
    if (chunk_.all().totals[q] > h.largest_total) return Fail("a query's total is the largest");
    const auto rest = static_cast<double>(level.roots(h)[column]);
    const double rounding = residual_knn::CoupledRounding(h.rank);
    double coefficients = 0;
    for (int64_t c = 0; c < h.rank; ++c) {
      const auto v = static_cast<double>(level.kept(h)[c * h.stride + column]);
      coefficients += v * v;
    }
    for (int64_t b = 0; b < level.size(); ++b) {
      const PivotBlock& block = level[b];
      double square = 0;
      for (int64_t a = 0; a < block.rank; ++a) {
        const float* image = coupling_.images() + (block.first_pivot + a) * h.rank;
        double z = 0;
        for (int64_t c = 0; c < h.rank; ++c) {
          z += static_cast<double>(image[c]) *
               static_cast<double>(level.kept(h)[c * h.stride + column]);
        }
        square += z * z;
      }
      // The computation of the dual tree, in whole vectors.
      std::array<double, 16> squares{};
      std::array<double, 16> totals{};
      std::array<double, 16> bounds{};
      squares[0] = residual_knn::CoupledSquare(square, rest, rounding, coupling_.norm(b),
                                               std::sqrt(coefficients));
      totals[0] = std::max(chunk_.all().totals[q], h.largest_total);
      residual_knn::BlockBounds(squares.data(), totals.data(), 16, block.unexplained,
                                block.largest_total, bounds.data());
      for (int64_t p = block.begin; p < block.end; ++p) {
        if (!PairHolds(kCoupled, h.single && block.single, q, tree_.order().rows()[p], bounds[0],
                       tallies)) {
          return false;
        }
      }
    }
    return true;
  }

  const ResidualModel& model_;
  int32_t kernel_;
  const ResidualTree& tree_;
  residual_knn::SearchSettings settings_;
  NoResults results_;
  residual_knn::Monitor monitor_;
  QueryColumns chunk_;
  BlockBounder bounder_{model_};
  BoundedBlocks bounded_;
  residual_knn::SearchCounts counters_;
  Coupling coupling_;
  CouplingScratch scratch_;
  std::vector<double> rho_;  // queries x rows
};

// Points in a cube, some of them near-duplicates; few or many inducing points, down to p near 1e-8 K.
EngineSpec DrawSpec(Random& random) {
  constexpr std::array<int32_t, 4> kKernels = {RESIDUAL_KNN_SQUARED_EXPONENTIAL,
                                               RESIDUAL_KNN_MATERN12, RESIDUAL_KNN_MATERN32,
                                               RESIDUAL_KNN_MATERN52};
  EngineSpec spec;
  spec.kernel = random.Chance(0.5) ? kKernels[0] : kKernels[random.Integer(1, 3)];
  const int64_t d = random.Integer(1, 3);
  const int64_t n = random.Integer(1, 160);
  const double extent = std::exp(random.Uniform(-1, 3));
  spec.points =
      RandomPoints(random, random.Chance(0.3) ? Shape::kClustered : Shape::kUniform, n, d);
  for (double& x : spec.points.values) x *= extent;
  const double nearness = std::pow(10, random.Uniform(-9, -1));
  for (int64_t i = 1; i < n; ++i) {
    if (!random.Chance(0.3)) continue;
    const int64_t twin = random.Integer(0, i - 1);
    for (int64_t c = 0; c < d; ++c) {
      spec.points(i, c) = spec.points(twin, c) + nearness * random.Normal();
    }
  }
  spec.inducing = RandomPoints(random, Shape::kUniform, random.LogInteger(1, 50), d);
  for (double& x : spec.inducing.values) x *= extent;
  spec.jitter = std::pow(10, random.Uniform(-10, -3));
  if (random.Chance(0.25)) {  // smooth and well covered: p is about 1e-8 K
    spec.kernel = RESIDUAL_KNN_SQUARED_EXPONENTIAL;
    const double scale = random.Uniform(0.5, 3) / extent;
    for (double& x : spec.points.values) x *= scale;
    for (double& x : spec.inducing.values) x *= scale;
    spec.jitter = std::pow(10, random.Uniform(-10, -7));
  }
  spec.nugget = random.Chance(0.2) ? std::pow(10, random.Uniform(-9, -1)) : 0;
  return spec;
}

// Near-duplicates of points, and others.
Points DrawQueries(Random& random, const EngineSpec& spec) {
  const int64_t d = spec.points.d;
  Points queries{24, d, {}};
  for (int64_t q = 0; q < queries.n; ++q) {
    const int64_t row = random.Integer(0, spec.points.n - 1);
    const int64_t other = random.Integer(0, spec.points.n - 1);
    const double share = random.Chance(0.5) ? 0 : random.Uniform();
    const double nearness = std::pow(10, random.Uniform(-9, 0));
    for (int64_t c = 0; c < d; ++c) {
      queries.values.push_back((1 - share) * spec.points(row, c) + share * spec.points(other, c) +
                               nearness * random.Normal());
    }
  }
  return queries;
}

TreeShape DrawShape(Random& random) {
  TreeShape shape;
  shape.leaf_size = random.LogInteger(1, 64);
  shape.levels = static_cast<int>(random.Integer(1, 3));
  shape.shift = static_cast<int>(random.Integer(1, 3));
  return shape;
}

// A new point may have a larger |V| than all rows, and then a larger deficit.
bool LongQueriesHold(const ResidualModel& model, const residual_knn::Margins& margins) {
  residual_knn::Monitor monitor;
  for (const double norm : {model.largest_norm(), 3 * model.largest_norm()}) {
    const residual_knn::SemidefiniteDeficit deficit =
        model.inducing()->Deficit(model.covariance()->view(), norm, 1, monitor);
    const double granted = margins.Deficit(1, norm);
    if (granted < 4 * deficit.absolute * (1 - 1e-12)) return Fail("the deficit of a long query");
  }
  return true;
}

// False if a bound does not hold.
bool ModelHolds(const EngineSpec& spec, const TreeShape& shape, const std::vector<int64_t>& rows,
                const Points& new_points, Tallies& tallies) {
  const ResidualModel model = MakeEngineModel(spec);
  if (!model.deficit().known) return true;
  residual_knn::Monitor monitor;
  const ResidualTree tree(model, model.n(), shape, {}, 1, monitor);
  if (!LongQueriesHold(model, tree.margins())) return false;
  const auto row_queries =
      residual_knn::MakeRowQueries(model, rows.data(), static_cast<int64_t>(rows.size()), false);
  Case of_rows(model, spec.kernel, tree, *row_queries);
  if (!of_rows.BoundsHold(tallies) || !of_rows.CouplingsHold(tallies)) return false;
  const auto new_queries = residual_knn::MakeNewPointQueries(
      model, {new_points.values.data(), new_points.n, new_points.d});
  return Case(model, spec.kernel, tree, *new_queries).BoundsHold(tallies);
}

bool ProblemHolds(uint64_t seed, Tallies& tallies, int64_t& refused) {
  Random random(seed);
  const EngineSpec spec = DrawSpec(random);
  const TreeShape shape = DrawShape(random);
  const std::vector<int64_t> rows = RandomRowNumbers(random, spec.points.n, 24);
  const Points queries = DrawQueries(random, spec);
  try {
    return ModelHolds(spec, shape, rows, queries, tallies) || Fail(seed, spec.Describe());
  } catch (const residual_knn::Error& error) {
    ++refused;
    return error.status() == RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE || Fail(seed, error.what());
  }
}

void TestRandomBounds(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  const int64_t problems = run.Cases(kUsualProblems);
  Tallies tallies;
  int64_t refused = 0;
  bool holds = true;
  for (int64_t i = 0; i < problems && holds; ++i) {
    holds = ProblemHolds(run.seed + static_cast<uint64_t>(i), tallies, refused);
  }
  tallies.Print();
  assert_true(holds);
  if (problems < 100) {
    print_message("not checked: that mutated bounds are too little; fewer than 100 problems\n");
    return;
  }
  assert_true(refused * 2 < problems);
  assert_true(tallies.small > 50);
  for (const Kind kind : {kBlock, kPoint, kCoupled}) {
    assert_true(tallies.HasPower(kind, false));
    assert_true(tallies.HasPower(kind, true));
  }
}

// A matrix spoiled by rounding gives no bound, not even for a point whose coefficients are 0.
void TestSpoiledCoupling(void** /*state*/) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double coefficients : {0.0, 1.0}) {
    const double rounding = residual_knn::CoupledRounding(8);
    assert_true(residual_knn::CoupledSquare(0, 1, rounding, infinity, coefficients) >= 4);
    const residual_knn::CoupledGroup group({&coefficients, 1}, {&coefficients, 1});
    assert_true(group.Length(infinity, rounding) >= 2);
  }
}

// A pivot as candidate and a near-duplicate of it as query, in blocks of one location, in single precision. rho is 1 up
// to the last digits, so a bound with error terms that are slightly too small would miss it.
void TestNearTwinsOfPivots(void**) {
  Tallies tallies;
  bool holds = true;
  for (const double x : {0.30, 0.31, 0.32, 0.33, 0.34, 0.35}) {
    EngineSpec spec;
    spec.jitter = 3e-4;
    spec.inducing = {3, 1, {0.12, 0.53, 0.97}};
    spec.points = {40, 1, std::vector<double>(40, x)};
    Points queries{20, 1, {}};
    for (int64_t q = 0; q < queries.n; ++q) {
      queries.values.push_back(x + 1e-9 * std::pow(2.0, static_cast<double>(q)));
    }
    TreeShape shape;
    shape.leaf_size = 10;
    shape.shift = 1;
    holds = ModelHolds(spec, shape, {0, 11, 25, 39}, queries, tallies) && holds;
  }
  tallies.Print();
  assert_true(holds);
  assert_true(tallies.kinds[kPoint][1].pairs > 0);
  assert_true(tallies.kinds[kPoint][1].mutants > 0);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestSpoiledCoupling),
      cmocka_unit_test(TestNearTwinsOfPivots),
      cmocka_unit_test_prestate(TestRandomBounds, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
