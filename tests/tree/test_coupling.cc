// The coupling of blocks as a theorem, in quadruple precision: the share of a point in the span of another block's pivots
// is never more than its coupling says, and where it says anything, products were off by no more than a ridge pays for.
// Correlations are given (given_residuals.h), in few dimensions, so that the bound is close.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "support/engine_model.h"
#include "support/given_residuals.h"
#include "support/test_run.h"
#include "tree/coupling.h"
#include "tree/residual_tree.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::CoupledGroup;
using residual_knn::Coupling;
using residual_knn::CouplingScratch;
using residual_knn::PivotBlock;
using residual_knn::PivotBlocks;
using residual_knn::ResidualModel;
using residual_knn::ResidualTree;
using residual_knn::TreeShape;

constexpr int64_t kUsualModels = 200;

struct Tally {
  int64_t couples = 0;
  int64_t spoiled = 0;  // whose norm is infinite
  int64_t rightly_spoiled =
      0;  // of which products were indeed off by more than a quarter of a ridge
  int64_t shares = 0;
  double closest = 0;  // largest share in terms of its bound
  double largest_error =
      0;  // of the products of a couple that is not spoiled, in quarters of a ridge
  double largest_share = 0;  // of the errors of a couple in what the coupling allows for

  void Print(const char* name) const {
    std::printf(
        "%s: %lld couples, %lld spoiled, %lld of them by what products were off; otherwise off by "
        "up to %.3f quarters of "
        "a ridge, in all by up to %.3f of what is allowed for; %lld shares, up to %.6f of their "
        "bounds\n",
        name, static_cast<long long>(couples), static_cast<long long>(spoiled),
        static_cast<long long>(rightly_spoiled), largest_error, largest_share,
        static_cast<long long>(shares), closest);
  }
};

// All couples of one tree's coarsest level.
class Couples {
 public:
  Couples(const ResidualModel& model, const ResidualTree& tree)
      : model_(model), tree_(tree), blocks_(tree.level(tree.top())) {}

  bool Hold(Tally& tally) {
    for (int64_t home = 0; home < blocks_.size(); ++home) {
      if (!BlockHolds(blocks_[home])) return Fail("block " + std::to_string(home));
      residual_knn::Pace pace(monitor_);
      coupling_.Compute(model_, tree_.margins(), blocks_, home, scratch_, pace);
      for (int64_t other = 0; other < blocks_.size(); ++other) {
        // Of a block with itself the pivots meet copies of themselves, whose correlation is not among the given ones.
        if (other == home) continue;
        if (!CoupleHolds(blocks_[home], other, tally)) {
          return Fail("blocks " + std::to_string(home) + " and " + std::to_string(other));
        }
      }
    }
    return true;
  }

 private:
  [[nodiscard]] Quad Rho(int64_t i, int64_t j) const {
    Quad residual = 1;  // K of points that are close
    for (int64_t e = 0; e < model_.m(); ++e) {
      residual -= static_cast<Quad>(model_.v(i)[e]) * model_.v(j)[e];
    }
    return residual * model_.inverse_deviation()[i] * model_.inverse_deviation()[j];
  }
  // Of pivot a of a block.
  [[nodiscard]] int64_t RowOf(const PivotBlock& block, int64_t a) const {
    return blocks_.pivot_rows()[block.first_pivot + a];
  }
  [[nodiscard]] double Image(const PivotBlock& other, const PivotBlock& home, int64_t a,
                             int64_t c) const {
    return static_cast<double>(coupling_.images()[(other.first_pivot + a) * home.rank + c]);
  }

  // Roots are rounded up, and no more than a quarter of a ridge is given away.
  [[nodiscard]] bool BlockHolds(const PivotBlock& block) const {
    double largest = 0;
    for (int64_t column = 0; column < block.end - block.begin; ++column) {
      largest = std::max(largest, RestOf(block, column));
    }
    if (largest * largest < block.unexplained) return Fail("a root is rounded down");
    double ridge = std::numeric_limits<double>::infinity();
    for (int64_t a = 0; a < block.rank; ++a) {
      const double scale = model_.inverse_deviation()[RowOf(block, a)];
      ridge = std::min(ridge, tree_.margins().PivotRidge(block.single, true, scale));
    }
    return block.quarter_ridge <= ridge / 4 || Fail("more than a quarter of a ridge");
  }

  bool CoupleHolds(const PivotBlock& home, int64_t b, Tally& tally) const {
    const PivotBlock& other = blocks_[b];
    const double ridge = std::min(home.quarter_ridge, other.quarter_ridge);
    const double error = ErrorOf(home, other);
    const double granted =
        tree_.margins().LargestError(false) *
        std::sqrt(home.pivot_inverse_deviations * other.pivot_inverse_deviations);
    ++tally.couples;
    tally.largest_share = std::max(tally.largest_share, error / granted);
    if (error > granted) return Fail("products are off by more than is allowed for");
    if (std::isinf(coupling_.norm(b))) {
      ++tally.spoiled;
      tally.rightly_spoiled += error > ridge ? 1 : 0;
      return true;
    }
    if (granted > ridge) return Fail("products may be off by more than the ridge pays for");
    tally.largest_error = std::max(tally.largest_error, error / ridge);
    if (error > ridge) {
      return Fail("products are off by " + std::to_string(error / ridge) +
                  " of what the ridge pays for");
    }
    double square = 0;
    for (int64_t a = 0; a < other.rank; ++a) {
      for (int64_t c = 0; c < home.rank; ++c) square += std::pow(Image(other, home, a, c), 2);
    }
    if (!(std::abs(coupling_.norm(b) - std::sqrt(square)) <= 1e-6 * std::sqrt(square))) {
      return Fail("the norm is " + std::to_string(coupling_.norm(b)) + " instead of " +
                  std::to_string(std::sqrt(square)));
    }
    for (int64_t column = 0; column < home.end - home.begin; ++column) {
      if (!ShareHolds(home, column, b, tally)) return Fail("point " + std::to_string(column));
    }
    return GroupsHold(home, b);
  }

  // The length that is granted to two points together is enough for each of them.
  [[nodiscard]] bool GroupsHold(const PivotBlock& home, int64_t b) const {
    const double rounding = residual_knn::CoupledRounding(home.rank);
    for (int64_t i = 0; i < home.end - home.begin; ++i) {
      for (int64_t j = 0; j < home.end - home.begin; ++j) {
        const std::vector<double> rests = {RestOf(home, i), RestOf(home, j)};
        const std::vector<double> norms = {CoefficientNorm(home, i), CoefficientNorm(home, j)};
        const CoupledGroup group(rests, norms);
        const double length = group.Length(coupling_.norm(b), rounding);
        const double needed =
            std::max(std::sqrt(BoundOf(home, i, b)), std::sqrt(BoundOf(home, j, b)));
        if (needed > length * (1 + 1e-6)) {
          return Fail("points " + std::to_string(i) + " and " + std::to_string(j) + " together: " +
                      std::to_string(length) + " instead of " + std::to_string(needed));
        }
      }
    }
    return true;
  }

  // Frobenius norm of what the products of two sets of pivots are off by, from the images, whose rounding to single
  // precision does not count.
  [[nodiscard]] double ErrorOf(const PivotBlock& home, const PivotBlock& other) const {
    const double* lower = blocks_.lower(other);
    double square = 0;
    double rounding = 0;
    for (int64_t a = 0; a < other.rank; ++a) {
      for (int64_t c = 0; c < home.rank; ++c) {
        Quad computed = 0;
        for (int64_t e = 0; e <= a; ++e) {
          const Quad term = static_cast<Quad>(lower[a * other.rank + e]) * Image(other, home, e, c);
          computed += term;
          rounding += 0x1p-23 * static_cast<double>(Abs(term));
        }
        square += std::pow(static_cast<double>(computed - Rho(RowOf(other, a), RowOf(home, c))), 2);
      }
    }
    return std::max(std::sqrt(square) - rounding, 0.0);
  }

  // Of a point of the home block in the span of the other's pivots.
  bool ShareHolds(const PivotBlock& home, int64_t column, int64_t b, Tally& tally) const {
    const PivotBlock& other = blocks_[b];
    const double* lower = blocks_.lower(other);
    const int64_t row = tree_.order().rows()[home.begin + column];
    std::vector<Quad> z(static_cast<size_t>(other.rank));
    Quad share = 0;
    for (int64_t a = 0; a < other.rank; ++a) {
      z[a] = Rho(RowOf(other, a), row);
      for (int64_t c = 0; c < a; ++c) z[a] -= z[c] * lower[a * other.rank + c];
      z[a] /= lower[a * other.rank + a];
      share += z[a] * z[a];
    }
    if (!SingleLengthHolds(home, column, b)) return false;
    const double ratio = std::sqrt(static_cast<double>(share) / BoundOf(home, column, b));
    ++tally.shares;
    tally.closest = std::max(tally.closest, ratio);
    return ratio <= 1 || Fail("a share is " + std::to_string(ratio) + " of its bound");
  }

  // |L_C^-1 rho(P_C, P_H) v_i|^2 of a point of the home block, with products and sums in `Value`.
  template <class Value>
  [[nodiscard]] double ImageSquare(const PivotBlock& home, int64_t column, int64_t b) const {
    const PivotBlock& other = blocks_[b];
    double square = 0;
    for (int64_t a = 0; a < other.rank; ++a) {
      Value sum = 0;
      for (int64_t c = 0; c < home.rank; ++c) {
        sum += static_cast<Value>(Image(other, home, a, c)) *
               static_cast<Value>(Kept(home, c, column));
      }
      square += static_cast<double>(sum) * static_cast<double>(sum);
    }
    return square;
  }

  // The rounding that is granted covers that of products and sums in single precision.
  [[nodiscard]] bool SingleLengthHolds(const PivotBlock& home, int64_t column, int64_t b) const {
    const double off = std::abs(std::sqrt(ImageSquare<float>(home, column, b)) -
                                std::sqrt(ImageSquare<double>(home, column, b)));
    return off <= residual_knn::CoupledRounding(home.rank) * coupling_.norm(b) *
                      CoefficientNorm(home, column) ||
           Fail("an image rounds by " + std::to_string(off * 1e9) + "e-9");
  }

  // The bound on the share of a point of the home block in the span of the other's pivots.
  [[nodiscard]] double BoundOf(const PivotBlock& home, int64_t column, int64_t b) const {
    return residual_knn::CoupledSquare(ImageSquare<double>(home, column, b), RestOf(home, column),
                                       residual_knn::CoupledRounding(home.rank), coupling_.norm(b),
                                       CoefficientNorm(home, column));
  }

  [[nodiscard]] double RestOf(const PivotBlock& home, int64_t column) const {
    return static_cast<double>(blocks_.roots(home)[column]);
  }
  [[nodiscard]] double CoefficientNorm(const PivotBlock& home, int64_t column) const {
    double square = 0;
    for (int64_t c = 0; c < home.rank; ++c) square += std::pow(Kept(home, c, column), 2);
    return std::sqrt(square);
  }

  [[nodiscard]] double Kept(const PivotBlock& home, int64_t c, int64_t column) const {
    return static_cast<double>(blocks_.kept(home)[c * home.stride + column]);
  }

  const ResidualModel& model_;
  const ResidualTree& tree_;
  const PivotBlocks& blocks_;
  residual_knn::Monitor monitor_;
  Coupling coupling_;
  CouplingScratch scratch_;
};

bool CouplesHold(const GivenResiduals& given, double factor_error, double tolerance, Tally& tally) {
  residual_knn::CovarianceParameters parameters;
  parameters.kernel = RESIDUAL_KNN_SQUARED_EXPONENTIAL;
  const ResidualModel model =
      MakeGivenModel(parameters, given.points, given.factor, given.m, given.p, factor_error);
  TreeShape shape;
  shape.leaf_size = 6;
  shape.shift = 1;
  shape.coarse_tolerance = tolerance;
  residual_knn::Monitor monitor;
  const ResidualTree tree(model, model.n(), shape, {}, 1, monitor);
  if (tree.top() == 0 || !tree.outside_tree().empty()) return Fail("no blocks to couple");
  return Couples(model, tree).Hold(tally);
}

// In a plane, what a block's first pivot leaves unexplained of a point is all in one direction, and the pivot of another
// block may point there.
std::vector<double> RightAngles(Random& random, int64_t n) {
  std::vector<double> directions;
  for (int64_t i = 0; i < n; ++i) {
    const double angle = 2 * i >= n ? std::acos(0.0) : i % 2 == 0 ? 0 : random.Uniform(0, 1.2);
    directions.push_back(std::cos(angle));
    directions.push_back(std::sin(angle));
  }
  return directions;
}

bool SharesHold(Random& random, Tally& tally) {
  const int64_t n = random.Integer(24, 48);
  const std::vector<double> directions = random.Chance(0.5)
                                             ? RightAngles(random, n)
                                             : RandomDirections(random, n, random.Integer(1, 4));
  const double level = std::pow(10, random.Uniform(-9, -2));
  std::vector<double> p(static_cast<size_t>(n));
  for (double& x : p) x = level * std::pow(10, random.Uniform(-0.3, 0.3));
  const GivenResiduals given =
      WithCorrelations(random, GramOf(directions, n), p, n, random.Integer(8, 24));
  // The error of a product of two pivots, which is no larger than that of V may be.
  const double error = static_cast<double>(given.m + 32) * 0x1p-53;
  return CouplesHold(given, error, random.Uniform(0.1, 0.9), tally) ||
         Fail("p is about " + std::to_string(level * 1e9) + "e-9");
}

// p so far below K that products are worth nothing, or next to nothing.
bool SpoiledHold(Random& random, Tally& tally) {
  const int64_t n = random.Integer(16, 32);
  const double p = std::pow(10, random.Uniform(-13, -9.5));
  const GivenResiduals given =
      WithCorrelations(random, GramOf(RandomDirections(random, n, random.Integer(1, 6)), n),
                       std::vector<double>(static_cast<size_t>(n), p), n, random.Integer(4, 12));
  return CouplesHold(given, 1e-24, random.Uniform(0.1, 0.9), tally) ||
         Fail("p is " + std::to_string(p * 1e12) + "e-12");
}

template <class Case>
bool CasesHold(const TestRun& run, Tally& tally, const Case& holds) {
  return SeedsHold(run, kUsualModels, [&](uint64_t seed) {
    Random random(seed);
    return holds(random, tally) || Fail(seed, "no bound");
  });
}

void TestShares(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Tally tally;
  const bool holds = CasesHold(run, tally, SharesHold);
  tally.Print("shares");
  assert_true(holds);
  // Half a percent less would be too little.
  if (run.HasUsualCases(kUsualModels)) assert_true(tally.closest > 0.995);
}

void TestSpoiled(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Tally tally;
  const bool holds = CasesHold(run, tally, SpoiledHold);
  tally.Print("spoiled");
  assert_true(holds);
  if (run.HasUsualCases(kUsualModels))
    assert_true(tally.rightly_spoiled > 50 && tally.shares > 100);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestShares, &run),
      cmocka_unit_test_prestate(TestSpoiled, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
