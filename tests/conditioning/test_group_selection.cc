// Greedy selection for groups against the definition: after each pick, the Schur complements of all rows in quadruple
// precision say by how much each candidate would reduce the log-determinant of the group.
#include "conditioning/group_selection.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "conditioning/conditional_selection.h"
#include "support/engine_model.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::GroupSelection;
using residual_knn::Monitor;
using residual_knn::Pace;
using residual_knn::ResidualModel;
using residual_knn::SharedPick;

constexpr int64_t kUsualSelections = 400;

struct Tally {
  int64_t picks = 0;
  int64_t clear = 0;   // the best candidate was better than the next by a thousandth
  int64_t filled = 0;  // picks without information
};

// Residual correlations of some rows in quadruple precision, conditional on those that were eliminated.
class Conditional {
 public:
  Conditional(const EngineSpec& spec, const ResidualModel& model, const std::vector<int64_t>& rows)
      : size_(std::ssize(rows)), values_(rows.size() * rows.size()) {
    for (int64_t a = 0; a < size_; ++a) {
      for (int64_t b = 0; b < size_; ++b) {
        At(a, b) = a == b ? 1 : Rho(spec, model, rows[a], rows[b]);
      }
    }
  }

  Quad& At(int64_t a, int64_t b) { return values_[a * size_ + b]; }
  void Eliminate(int64_t pivot) {
    const Quad variance = At(pivot, pivot);
    std::vector<Quad> row(values_.begin() + pivot * size_, values_.begin() + (pivot + 1) * size_);
    for (int64_t a = 0; a < size_; ++a) {
      for (int64_t b = 0; b < size_; ++b) At(a, b) -= row[a] * row[b] / variance;
    }
  }
  // log det of the rows [first, size), by elimination in a copy.
  [[nodiscard]] double LogDeterminant(int64_t first) const {
    Conditional copy = *this;
    Quad sum = 0;
    for (int64_t a = first; a < size_; ++a) {
      sum += Log(copy.At(a, a));
      copy.Eliminate(a);
    }
    return static_cast<double>(sum);
  }

 private:
  static Quad Rho(const EngineSpec& spec, const ResidualModel& model, int64_t i, int64_t j) {
    if (model.inverse_deviation()[i] == 0 || model.inverse_deviation()[j] == 0) return 0;
    std::vector<double> x(static_cast<size_t>(model.d()));
    std::vector<double> y(x.size());
    model.points().CopyPoint(i, x.data());
    model.points().CopyPoint(j, y.data());
    return ExactResidual(spec.kernel, x.data(), model.v(i), y.data(), model.v(j), model.d(),
                         model.m()) /
           (Sqrt(model.residual_variance(i)) * Sqrt(model.residual_variance(j)));
  }

  int64_t size_;
  std::vector<Quad> values_;
};

// A nugget keeps all determinants far from rounding.
EngineSpec DrawSpec(Random& random) {
  constexpr int32_t kKernels[] = {RESIDUAL_KNN_SQUARED_EXPONENTIAL, RESIDUAL_KNN_MATERN12,
                                  RESIDUAL_KNN_MATERN32, RESIDUAL_KNN_MATERN52};
  EngineSpec spec;
  spec.kernel = kKernels[random.Integer(0, 3)];
  const int64_t n = random.Integer(3, 40);
  const int64_t d = random.Integer(1, 3);
  spec.points =
      RandomPoints(random, random.Chance(0.8) ? Shape::kUniform : Shape::kDuplicates, n, d);
  const double scale = std::exp(random.Uniform(-1, 2));
  for (double& value : spec.points.values) value *= scale;
  spec.inducing = random.Chance(0.3) ? Points{0, d, {}}
                                     : RandomRowsOf(random, spec.points,
                                                    random.Integer(1, std::min<int64_t>(n, 8)));
  spec.nugget = std::pow(10, random.Uniform(-3, -0.5));
  return spec;
}

// Members and candidates, disjoint.
struct Problem {
  std::vector<int64_t> members;
  std::vector<int64_t> candidates;

  Problem(Random& random, int64_t n) {
    const std::vector<int64_t> rows = RandomPermutation(random, n);
    const auto size = static_cast<std::ptrdiff_t>(random.Integer(1, std::min<int64_t>(n - 1, 8)));
    members.assign(rows.begin(), rows.begin() + size);
    candidates.assign(rows.begin() + size, rows.end());
    std::sort(candidates.begin(), candidates.end());
  }
};

bool SelectionHolds(uint64_t seed, Tally& tally) {
  constexpr double kTolerance = 1e-8;
  Random random(seed);
  const EngineSpec spec = DrawSpec(random);
  const ResidualModel model = MakeEngineModel(spec);
  const Problem problem(random, model.n());
  const auto c = std::ssize(problem.candidates);
  std::vector<int64_t> rows = problem.candidates;
  rows.insert(rows.end(), problem.members.begin(), problem.members.end());
  Conditional conditional(spec, model, rows);
  Monitor monitor;
  Pace pace(monitor);
  GroupSelection selection(model);
  const int64_t k = random.Integer(1, c + 2);
  selection.Select(problem.members, problem.candidates, k, pace);
  const auto picks = selection.picks();
  if (std::ssize(picks) != std::min(k, c)) return Fail(seed, "not the number of picks");
  std::vector<bool> taken(static_cast<size_t>(c));
  double before = conditional.LogDeterminant(c);
  for (int64_t i = 0; i < std::ssize(picks); ++i) {
    double best = 0;
    double second = 0;
    double own = -1;
    for (int64_t j = 0; j < c; ++j) {
      if (taken[j]) continue;
      Conditional next = conditional;
      next.Eliminate(j);
      const double reduction = before - next.LogDeterminant(c);
      if (problem.candidates[j] == picks[i].row) own = reduction;
      second = std::max(second, std::min(best, reduction));
      best = std::max(best, reduction);
    }
    if (own < 0 && own > -kTolerance) own = 0;
    if (own < 0) return Fail(seed, spec.Describe() + ": a row twice, or no candidate");
    if (i < selection.informative()) {
      ++tally.picks;
      tally.clear += best > second + 1e-3 ? 1 : 0;
      if (own < best - kTolerance) {
        return Fail(seed, spec.Describe() + ": pick " + std::to_string(i) + " reduces by " +
                              std::to_string(own) + ", another by " + std::to_string(best));
      }
    } else {
      ++tally.filled;
      if (best > 1e-7) return Fail(seed, spec.Describe() + ": an informative row was left");
    }
    const auto j = std::find(problem.candidates.begin(), problem.candidates.end(), picks[i].row) -
                   problem.candidates.begin();
    taken[j] = true;
    conditional.Eliminate(j);
    before = conditional.LogDeterminant(c);
  }
  return true;
}

void TestDefinition(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Tally tally;
  assert_true(
      SeedsHold(run, kUsualSelections, [&](uint64_t seed) { return SelectionHolds(seed, tally); }));
  std::printf("%lld picks, %lld of them clear, %lld filled up\n",
              static_cast<long long>(tally.picks), static_cast<long long>(tally.clear),
              static_cast<long long>(tally.filled));
  if (run.HasUsualCases(kUsualSelections)) assert_true(tally.clear * 4 > tally.picks);
}

// A group of one point has the picks of that point, where these are clear.
void TestOnePoint(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  int64_t compared = 0;
  for (int64_t i = 0; i < run.Scaled(kUsualSelections); ++i) {
    Random random(run.seed + static_cast<uint64_t>(i));
    const EngineSpec spec = DrawSpec(random);
    const ResidualModel model = MakeEngineModel(spec);
    Problem problem(random, model.n());
    problem.members.resize(1);
    const int64_t member = problem.members[0];
    Monitor monitor;
    Pace pace(monitor);
    GroupSelection group(model);
    group.Select(problem.members, problem.candidates, 3, pace);
    std::vector<double> point(static_cast<size_t>(model.d()));
    model.points().CopyPoint(member, point.data());
    residual_knn::ConditionalSelection single(model);
    single.Select({model.v(member), point.data(), model.inverse_deviation()[member], member},
                  problem.candidates, 3, pace);
    assert_int_equal(group.picks().size(), single.picks().size());
    if (single.informative() < 1) continue;
    // Later picks may differ by rounding; the first one is the nearest row for both.
    assert_true(std::abs(std::abs(group.picks()[0].rho) - std::abs(single.picks()[0].rho)) < 1e-9);
    ++compared;
  }
  assert_true(compared > 0);
}

// Repeated members, and candidates that repeat members: nothing is divided by a variance that is only rounding.
void TestRepeats(void** /*state*/) {
  EngineSpec spec;
  spec.kernel = RESIDUAL_KNN_MATERN32;
  spec.points = {8, 1, {0, 0, 0, 0.5, 0.5, 1, 2, 3}};
  spec.inducing = {0, 1, {}};
  const ResidualModel model = MakeEngineModel(spec);
  Monitor monitor;
  Pace pace(monitor);
  GroupSelection selection(model);
  const std::vector<int64_t> members = {0, 1, 3};
  const std::vector<int64_t> candidates = {2, 4, 5, 6, 7};
  selection.Select(members, candidates, 5, pace);
  const auto picks = selection.picks();
  assert_int_equal(picks.size(), 5);
  // The copies of the members determine them; after these, no row says anything.
  assert_int_equal(selection.informative(), 2);
  assert_true(picks[0].row == 2 && picks[1].row == 4);
  assert_true(picks[2].row == 5 && picks[3].row == 6 && picks[4].row == 7);
  for (const SharedPick& pick : picks) assert_true(std::isfinite(pick.rho));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestDefinition, &run),
      cmocka_unit_test_prestate(TestOnePoint, &run),
      cmocka_unit_test(TestRepeats),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
