// One step of greedy selection on every target, against the same step in quadruple precision.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "simd/for_each_target.h"
#include "simd/guarded_array.h"
#include "simd/selection_step.h"
#include "support/quad.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::SelectionState;

constexpr int64_t kRoom = 8;  // beyond the last candidate

// The arrays of a state, and a factor with some columns.
struct Step {
  Step(Random& random, int64_t candidates, int64_t columns)
      : count(candidates),
        done(columns),
        variance(count + kRoom),
        covariance(count + kRoom),
        level(count + kRoom),
        error(count + kRoom),
        reduction(count + kRoom),
        correlations(count + kRoom),
        factor((done + 1) * (count + kRoom)) {
    for (GuardedArray<double>* array : {&covariance, &correlations, &factor}) {
      for (double& x : array->values()) x = random.Normal() / 4;
    }
    for (double& x : variance.values()) x = random.Uniform(0.1, 1);
    for (double& x : level.values()) {
      x = random.Chance(0.1) ? std::numeric_limits<double>::infinity() : random.Uniform(0, 0.2);
    }
    for (double& x : error.values()) x = random.Uniform(0, 0.1);
  }

  SelectionState State() {
    return {count,        variance.data(), covariance.data(),
            level.data(), error.data(),    reduction.data()};
  }

  int64_t count;
  int64_t done;
  GuardedArray<double> variance, covariance, level, error, reduction, correlations, factor;
};

bool IsNear(double value, Quad expected) {
  return std::abs(value - static_cast<double>(expected)) <=
         1e-13 * (1 + std::abs(static_cast<double>(expected)));
}

bool ReductionHolds(Step& step, int64_t i) {
  const bool is_sure =
      step.variance[i] > step.level[i] && std::abs(step.covariance[i]) > step.error[i];
  const Quad expected =
      static_cast<Quad>(step.covariance[i]) * step.covariance[i] / step.variance[i];
  return is_sure ? IsNear(step.reduction[i], expected) : step.reduction[i] == 0;
}

bool StepHolds(Random& random) {
  Step step(random, random.Integer(1, 40), random.Integer(0, 12));
  const int64_t stride = step.count + kRoom;
  SetReductions(step.State());
  for (int64_t i = 0; i < step.count; ++i) {
    if (!ReductionHolds(step, i)) return Fail("the first reductions");
  }
  const int64_t pick = random.Integer(0, step.count - 1);
  std::vector<double> at_pick;
  for (int64_t a = 0; a < step.done; ++a) at_pick.push_back(step.factor[a * stride + pick]);
  const std::vector<double> variance(step.variance.data(), step.variance.data() + step.count);
  const std::vector<double> covariance(step.covariance.data(), step.covariance.data() + step.count);
  ConditionOn(pick, step.correlations.data(), at_pick.data(),
              {step.factor.data(), stride, step.done}, step.State());
  const double root = std::sqrt(variance[pick]);
  for (int64_t i = 0; i < step.count; ++i) {
    Quad element = step.correlations[i];
    for (int64_t a = 0; a < step.done; ++a) {
      element -= static_cast<Quad>(at_pick[a]) * step.factor[a * stride + i];
    }
    element /= root;
    const double written = step.factor[step.done * stride + i];
    if (i == pick ? written != root : !IsNear(written, element)) return Fail("the new column");
    if (!IsNear(step.variance[i], variance[i] - element * element)) return Fail("a variance");
    if (!IsNear(step.covariance[i], covariance[i] - element * (covariance[pick] / root))) {
      return Fail("a covariance");
    }
    if (!ReductionHolds(step, i)) return Fail("a reduction");
  }
  return step.variance.Intact() && step.covariance.Intact() && step.reduction.Intact() &&
         step.factor.Intact();
}

void TestSteps(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(SeedsHold(run, 500, [](uint64_t seed) {
    return OnEveryTarget([seed] {
      Random random(seed);
      return StepHolds(random) || Fail(seed, "one step");
    });
  }));
}

// Any length, ties, NaN, and values that are not above the least.
bool FirstLargestHolds(Random& random) {
  GuardedArray<double> values(random.Integer(0, 40), random.Integer(0, 7));
  for (double& x : values.values()) {
    x = random.Chance(0.1) ? std::numeric_limits<double>::quiet_NaN()
                           : static_cast<double>(random.Integer(-4, 4));
  }
  const double least = static_cast<double>(random.Integer(-3, 4));
  int64_t expected = -1;
  for (int64_t i = 0; i < values.size(); ++i) {
    if (values[i] > (expected < 0 ? least : values[expected])) expected = i;
  }
  return residual_knn::FirstLargest(values.data(), values.size(), least) == expected ||
         Fail("the first largest of " + std::to_string(values.size()));
}

void TestFirstLargest(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(SeedsHold(run, 500, [](uint64_t seed) {
    return OnEveryTarget([seed] {
      Random random(seed);
      return FirstLargestHolds(random) || Fail(seed, "the largest");
    });
  }));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestSteps, &run),
      cmocka_unit_test_prestate(TestFirstLargest, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
