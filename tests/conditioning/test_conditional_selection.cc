// Greedy selection against the definition: after each pick, the Schur complement of all candidates and the point in
// quadruple precision says which candidate reduces the variance most.
#include "conditioning/conditional_selection.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "support/engine_model.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::ConditionalSelection;
using residual_knn::Pick;
using residual_knn::PointView;
using residual_knn::ResidualModel;

constexpr int64_t kUsualSelections = 1000;

struct Tally {
  int64_t picks = 0;
  int64_t clear = 0;   // the best candidate was better than the next by a millionth
  int64_t filled = 0;  // picks without information
};

// Conditional covariances of the candidates and, in the last place, of the point, in correlations.
class SchurComplement {
 public:
  SchurComplement(const EngineSpec& spec, const ResidualModel& model, std::vector<int64_t> rows)
      : size_(static_cast<int64_t>(rows.size())), values_(static_cast<size_t>(size_ * size_)) {
    for (int64_t a = 0; a < size_; ++a) {
      for (int64_t b = 0; b < size_; ++b) {
        At(a, b) = a == b ? 1 : Rho(spec, model, rows[a], rows[b]);
      }
    }
  }

  Quad& At(int64_t a, int64_t b) { return values_[a * size_ + b]; }
  void Condition(int64_t p) {
    const Quad pivot = At(p, p);
    std::vector<Quad> row(static_cast<size_t>(size_));
    for (int64_t b = 0; b < size_; ++b) row[b] = At(p, b);
    for (int64_t a = 0; a < size_; ++a) {
      for (int64_t b = 0; b < size_; ++b) At(a, b) -= row[a] * row[b] / pivot;
    }
  }

 private:
  static Quad Rho(const EngineSpec& spec, const ResidualModel& model, int64_t i, int64_t j) {
    if (model.inverse_deviation()[i] == 0 || model.inverse_deviation()[j] == 0) return 0;
    std::vector<double> x(static_cast<size_t>(model.d()));
    std::vector<double> y(x.size());
    model.points().CopyPoint(i, x.data());
    model.points().CopyPoint(j, y.data());
    Quad r = ExactCovariance(spec.kernel, x.data(), y.data(), model.d());
    for (int64_t e = 0; e < model.m(); ++e) r -= static_cast<Quad>(model.v(i)[e]) * model.v(j)[e];
    return r / (Sqrt(model.residual_variance(i)) * Sqrt(model.residual_variance(j)));
  }

  int64_t size_;
  std::vector<Quad> values_;
};

EngineSpec DrawSpec(Random& random) {
  constexpr int32_t kKernels[] = {RESIDUAL_KNN_SQUARED_EXPONENTIAL, RESIDUAL_KNN_MATERN12,
                                  RESIDUAL_KNN_MATERN32, RESIDUAL_KNN_MATERN52};
  EngineSpec spec;
  spec.kernel = kKernels[random.Integer(0, 3)];
  const int64_t n = random.Integer(2, 60);
  const int64_t d = random.Integer(1, 3);
  spec.points =
      RandomPoints(random, random.Chance(0.8) ? Shape::kUniform : Shape::kDuplicates, n, d);
  const double scale = std::exp(random.Uniform(-1, 2));
  for (double& value : spec.points.values) value *= scale;
  spec.inducing = random.Chance(0.3) ? Points{0, d, {}}
                                     : RandomRowsOf(random, spec.points,
                                                    random.Integer(1, std::min<int64_t>(n, 12)));
  spec.nugget = random.Chance(0.5) ? std::pow(10, random.Uniform(-6, -1)) : 0;
  return spec;
}

PointView PointOf(const ResidualModel& model, int64_t row, std::vector<double>& point) {
  point.resize(static_cast<size_t>(model.d()));
  model.points().CopyPoint(row, point.data());
  return {model.v(row), point.data(), model.inverse_deviation()[row], row};
}

bool PickHolds(SchurComplement& schur, const std::vector<int64_t>& candidates,
               const std::vector<bool>& taken, const Pick& pick, double tolerance, Tally& tally) {
  const auto c = static_cast<int64_t>(candidates.size());
  double best = 0;
  double second = 0;
  double own = -1;
  for (int64_t j = 0; j < c; ++j) {
    if (taken[j] || !(schur.At(j, j) > 1e-20)) continue;
    const auto gain = static_cast<double>(schur.At(c, j) * schur.At(c, j) / schur.At(j, j));
    if (candidates[j] == pick.row) own = gain;
    if (gain > best) {
      second = best;
      best = gain;
    } else {
      second = std::max(second, gain);
    }
  }
  ++tally.picks;
  if (best > second + 1e-6 + tolerance) ++tally.clear;
  return own >= best - tolerance - 1e-9 ||
         Fail("row " + std::to_string(pick.row) + " reduces the variance by " +
              std::to_string(own) + ", another by " + std::to_string(best));
}

bool SelectionHolds(uint64_t seed, Tally& tally) {
  Random random(seed);
  const EngineSpec spec = DrawSpec(random);
  const ResidualModel model = MakeEngineModel(spec);
  const int64_t row = random.Integer(0, model.n() - 1);
  std::vector<int64_t> candidates;
  for (int64_t i = 0; i < model.n(); ++i) {
    if (i != row && random.Chance(0.7)) candidates.push_back(i);
  }
  const auto c = static_cast<int64_t>(candidates.size());
  const int64_t k = random.Integer(1, 20);
  std::vector<double> point;
  ConditionalSelection selection(model);
  residual_knn::Monitor monitor;
  residual_knn::Pace pace(monitor);
  selection.Select(PointOf(model, row, point), candidates, k, pace);
  const auto picks = selection.picks();
  if (std::ssize(picks) != std::min(k, c)) return Fail(seed, "the number of picks");
  std::vector<int64_t> rows = candidates;
  rows.push_back(row);
  SchurComplement schur(spec, model, rows);
  // Rounding grows with the condition of the picks; such steps are compared no more.
  double amplification = 1;
  double error = 0;
  for (const int64_t i : rows) {
    const double s = model.inverse_deviation()[i];
    error =
        std::max(error, static_cast<double>(model.m() + 64) * 0x1p-53 * (1 + spec.nugget) * s * s);
  }
  std::vector<bool> taken(static_cast<size_t>(c));
  double last = 1;
  for (int64_t r = 0; r < std::ssize(picks); ++r) {
    const Pick& pick = picks[r];
    const auto at =
        std::lower_bound(candidates.begin(), candidates.end(), pick.row) - candidates.begin();
    if (at == c || candidates[at] != pick.row || taken[at])
      return Fail(seed, "a pick is no candidate, or was one before");
    if (pick.unexplained > last) return Fail(seed, "the conditional variance grew");
    last = pick.unexplained;
    const bool informative = r < selection.informative();
    const double tolerance = 100 * error * amplification;
    if (!informative) {
      ++tally.filled;
      if (pick.unexplained !=
          (selection.informative() > 0 ? picks[selection.informative() - 1].unexplained : 1)) {
        return Fail(seed, "a pick without information reduces the variance");
      }
      taken[at] = true;
      continue;
    }
    if (tolerance < 1e-3 && !PickHolds(schur, candidates, taken, pick, tolerance, tally)) {
      return Fail(seed, spec.Describe() + ", pick " + std::to_string(r));
    }
    amplification *= 1 + 4 / std::max(static_cast<double>(schur.At(at, at)), 1e-30);
    schur.Condition(at);
    taken[at] = true;
    const auto expected = static_cast<double>(schur.At(c, c));
    if (!(std::abs(pick.unexplained - expected) <= 100 * error * amplification + 1e-12)) {
      return Fail(seed, spec.Describe() + ", pick " + std::to_string(r) + ": variance " +
                            std::to_string(pick.unexplained) + ", not " + std::to_string(expected));
    }
  }
  return true;
}

void TestGreedy(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Tally tally;
  const bool holds =
      SeedsHold(run, kUsualSelections, [&](uint64_t seed) { return SelectionHolds(seed, tally); });
  std::printf("%lld picks, %lld of them clear, %lld without information\n",
              static_cast<long long>(tally.picks), static_cast<long long>(tally.clear),
              static_cast<long long>(tally.filled));
  assert_true(holds);
  if (run.HasUsualCases(kUsualSelections)) assert_true(tally.clear > 1000 && tally.filled > 100);
}

// A copy of a pick says nothing new, so a far row comes before it. Copies come last, the smaller row first.
void TestCopies(void** /*state*/) {
  EngineSpec spec;
  spec.kernel = RESIDUAL_KNN_MATERN12;
  spec.points = {6, 1, {0, 0.5, 0.5, 0.5, -3, 8}};
  spec.inducing = {0, 1, {}};
  const ResidualModel model = MakeEngineModel(spec);
  std::vector<double> point;
  ConditionalSelection selection(model);
  const std::vector<int64_t> candidates = {1, 2, 3, 4, 5};
  residual_knn::Monitor monitor;
  residual_knn::Pace pace(monitor);
  selection.Select(PointOf(model, 0, point), candidates, 5, pace);
  const auto picks = selection.picks();
  const int64_t expected[] = {1, 4, 2, 3, 5};
  for (int r = 0; r < 5; ++r) assert_int_equal(picks[r].row, expected[r]);
  // Row 5 is behind row 1 on the line, and Matern 1/2 has the Markov property.
  assert_int_equal(selection.informative(), 2);
  selection.Select(PointOf(model, 0, point), candidates, 2, pace);
  assert_int_equal(std::ssize(selection.picks()), 2);
  selection.Select(PointOf(model, 0, point), {}, 3, pace);
  assert_int_equal(std::ssize(selection.picks()), 0);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestGreedy, &run),
      cmocka_unit_test_prestate(TestCopies, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
