// The Cholesky factor of a set and its solution on every target, against quadruple precision.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "simd/for_each_target.h"
#include "simd/guarded_array.h"
#include "simd/set_factor.h"
#include "support/quad.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::FactorizeSet;
using residual_knn::SetMatrix;
using residual_knn::SolveSet;

constexpr int64_t kRoom = 8;  // beyond the last column

// A random matrix of correlations, as FactorizeSet takes it. What is below the diagonal and beyond the right-hand side is
// NaN, because the result must not depend on it.
struct Case {
  Case(Random& random, int64_t set_size)
      : size(set_size),
        matrix{set_size, set_size + kRoom},
        correlations(size * matrix.stride),
        factor(size * matrix.stride),
        inverse_roots(size),
        solution(size + kRoom) {
    for (double& x : correlations.values()) x = std::numeric_limits<double>::quiet_NaN();
    for (double& x : factor.values()) x = std::numeric_limits<double>::quiet_NaN();
    for (double& x : solution.values()) x = std::numeric_limits<double>::quiet_NaN();
    // Neighbors on a line have correlations that fall with their distance.
    const double range = random.Uniform(0.5, 4);
    for (int64_t a = 0; a < size; ++a) {
      for (int64_t j = a; j < size; ++j) {
        At(a, j) = std::exp(-static_cast<double>(j - a) / range);
      }
      At(a, size) = random.Uniform(-0.5, 0.5);
    }
  }

  double& At(int64_t a, int64_t j) { return correlations[a * matrix.stride + j]; }
  [[nodiscard]] int64_t Factorize(double jitter, double level) {
    return FactorizeSet(matrix, correlations.data(), jitter, level, factor.data(),
                        inverse_roots.data());
  }

  int64_t size;
  SetMatrix matrix;
  GuardedArray<double> correlations, factor, inverse_roots, solution;
};

bool IsNear(double value, double expected) {
  return std::abs(value - expected) <= 1e-11 * (1 + std::abs(expected));
}

// U'U = C + jitter I, U'y = c and U b = y.
bool SolutionHolds(Case& set, double jitter) {
  const int64_t stride = set.matrix.stride;
  for (int64_t i = 0; i < set.size; ++i) {
    for (int64_t j = i; j <= set.size; ++j) {
      Quad sum = 0;
      for (int64_t a = 0; a <= i; ++a) {
        sum += static_cast<Quad>(set.factor[a * stride + i]) * set.factor[a * stride + j];
      }
      if (!IsNear(static_cast<double>(sum), set.At(i, j) + (i == j ? jitter : 0))) {
        return Fail("element " + std::to_string(i) + ", " + std::to_string(j));
      }
    }
    if (!IsNear(set.factor[i * stride + i] * set.inverse_roots[i], 1)) return Fail("a root");
  }
  SolveSet(set.matrix, set.factor.data(), set.inverse_roots.data(), set.solution.data());
  for (int64_t i = 0; i < set.size; ++i) {
    Quad sum = 0;
    for (int64_t j = 0; j < set.size; ++j) {
      const double element = i <= j ? set.At(i, j) : set.At(j, i);
      sum += (static_cast<Quad>(element) + (i == j ? jitter : 0)) * set.solution[j];
    }
    if (!IsNear(static_cast<double>(sum), set.At(i, set.size))) return Fail("the solution");
  }
  return set.correlations.Intact() && set.factor.Intact() && set.inverse_roots.Intact();
}

bool CaseHolds(Random& random) {
  Case set(random, random.Integer(0, 40));
  const double jitter = random.Chance(0.5) ? 0 : 0.1;
  if (set.Factorize(jitter, 1e-12) != set.size) return Fail("not positive definite");
  if (!SolutionHolds(set, jitter)) return Fail("size " + std::to_string(set.size));
  if (set.size < 2) return true;
  // A copy of an earlier member is determined by it; with a jitter it is not.
  const int64_t copy = random.Integer(1, set.size - 1);
  const int64_t from = random.Integer(0, copy - 1);
  for (int64_t j = 0; j < set.size; ++j) {
    const double value = j < from ? set.At(j, from) : set.At(from, j);
    if (j < copy) set.At(j, copy) = value;
    if (j > copy) set.At(copy, j) = value;
  }
  set.At(copy, copy) = 1;
  if (set.Factorize(0, 1e-12) != copy) return Fail("the copy is not found");
  return set.Factorize(0.1, 1e-12) == set.size && SolutionHolds(set, 0.1);
}

void TestSets(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(SeedsHold(run, 300, [](uint64_t seed) {
    return OnEveryTarget([seed] {
      Random random(seed);
      return CaseHolds(random) || Fail(seed, "one set");
    });
  }));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {cmocka_unit_test_prestate(TestSets, &run)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
