// The assumption of every bound: R computed from the stored V, with the deficit of the model on its diagonal, is
// positive semi-definite in quadruple precision, also for ill-conditioned models. Without the deficit, it must
// sometimes be indefinite, otherwise the test would prove nothing.
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "base/error.h"
#include "support/engine_model.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::ResidualModel;

constexpr int64_t kUsualModels = 60;
constexpr int64_t kSubsets = 3;

// Whether the row-major matrix is positive definite. It is overwritten.
bool HasCholesky(std::vector<Quad>& a, int64_t n) {
  for (int64_t j = 0; j < n; ++j) {
    for (int64_t c = 0; c < j; ++c) a[j * n + j] -= a[j * n + c] * a[j * n + c];
    if (!(a[j * n + j] > 0)) return false;
    const Quad root = Sqrt(a[j * n + j]);
    a[j * n + j] = root;
    for (int64_t i = j + 1; i < n; ++i) {
      for (int64_t c = 0; c < j; ++c) a[i * n + j] -= a[i * n + c] * a[j * n + c];
      a[i * n + j] /= root;
    }
  }
  return true;
}

// R of some rows, with p on its diagonal.
std::vector<Quad> ResidualMatrix(const ResidualModel& model, int32_t kernel,
                                 const std::vector<int64_t>& rows) {
  const auto count = static_cast<int64_t>(rows.size());
  const int64_t d = model.d();
  std::vector<Quad> r(static_cast<size_t>(count * count));
  std::vector<double> x(static_cast<size_t>(d));
  std::vector<double> y(static_cast<size_t>(d));
  for (int64_t i = 0; i < count; ++i) {
    model.points().CopyPoint(rows[i], x.data());
    for (int64_t j = 0; j < i; ++j) {
      model.points().CopyPoint(rows[j], y.data());
      r[i * count + j] = ExactResidual(kernel, x.data(), model.v(rows[i]), y.data(),
                                       model.v(rows[j]), d, model.m());
      r[j * count + i] = r[i * count + j];
    }
    r[i * count + i] = model.residual_variance(rows[i]);
  }
  return r;
}

double SquaredNorm(const ResidualModel& model, int64_t row) {
  double square = 0;
  for (int64_t e = 0; e < model.m(); ++e) square += model.v(row)[e] * model.v(row)[e];
  return square;
}

struct Tally {
  int64_t refused = 0;
  int64_t unknown = 0;
  int64_t checked = 0;
  int64_t indefinite = 0;  // without the deficit
};

// Points so close that rounding matters: p is far below K.
EngineSpec DrawSpec(Random& random) {
  constexpr int32_t kKernels[] = {RESIDUAL_KNN_SQUARED_EXPONENTIAL, RESIDUAL_KNN_MATERN52,
                                  RESIDUAL_KNN_MATERN32, RESIDUAL_KNN_MATERN12};
  EngineSpec spec;
  spec.kernel = random.Chance(0.5) ? kKernels[0] : kKernels[random.Integer(1, 3)];
  const int64_t d = random.Integer(1, 3);
  const double extent = std::pow(10, random.Uniform(-1.5, 0.5));
  const auto shape = random.Chance(0.5) ? Shape::kUniform : Shape::kClustered;
  spec.points = RandomPoints(random, shape, 200, d);
  spec.inducing = RandomPoints(random, Shape::kUniform, random.LogInteger(2, 80), d);
  for (double& x : spec.points.values) x *= extent;
  for (double& x : spec.inducing.values) x *= extent;
  // Duplicates are separate points; points may be inducing points.
  for (int64_t i = 0; i < 20; ++i) {
    const int64_t row = random.Integer(0, 199);
    const int64_t other = random.Integer(0, 199);
    const int64_t inducing = random.Integer(0, spec.inducing.n - 1);
    for (int64_t c = 0; c < d; ++c) {
      spec.points(row, c) = i % 2 == 0 ? spec.points(other, c) : spec.inducing(inducing, c);
    }
  }
  // With a large jitter, nothing remains of the deficit but what the rounding of p needs.
  spec.jitter = std::pow(10, random.Chance(0.3) ? random.Uniform(-4, -1) : random.Uniform(-12, -6));
  return spec;
}

bool SubsetHolds(const ResidualModel& model, const EngineSpec& spec, Random& random, Tally& tally) {
  std::vector<int64_t> rows = RandomPermutation(random, model.n());
  rows.resize(static_cast<size_t>(random.Integer(20, 60)));
  const auto count = static_cast<int64_t>(rows.size());
  std::vector<Quad> r = ResidualMatrix(model, spec.kernel, rows);
  std::vector<Quad> bare = r;
  tally.indefinite += HasCholesky(bare, count) ? 0 : 1;
  ++tally.checked;
  // Weights t_i = count: the sum of 1 / t_i is 1.
  const residual_knn::SemidefiniteDeficit& deficit = model.deficit();
  for (int64_t i = 0; i < count; ++i) {
    const double total = model.residual_variance(rows[i]) + SquaredNorm(model, rows[i]);
    r[i * count + i] +=
        static_cast<Quad>(count) * (deficit.absolute + static_cast<Quad>(deficit.share) * total);
  }
  return HasCholesky(r, count) ||
         Fail("R of " + std::to_string(count) + " points is not positive semi-definite");
}

bool ModelHolds(uint64_t seed, Tally& tally) {
  Random random(seed);
  const EngineSpec spec = DrawSpec(random);
  try {
    const ResidualModel model = MakeEngineModel(spec);
    if (!model.deficit().known) {
      ++tally.unknown;
      return true;
    }
    for (int64_t i = 0; i < kSubsets; ++i) {
      if (!SubsetHolds(model, spec, random, tally)) return Fail(seed, spec.Describe());
    }
    return true;
  } catch (const residual_knn::Error& error) {
    ++tally.refused;
    return error.status() == RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE || Fail(seed, error.what());
  }
}

void TestDeficitSuffices(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  const int64_t models = run.Cases(kUsualModels);
  Tally tally;
  const bool holds =
      SeedsHold(run, kUsualModels, [&](uint64_t seed) { return ModelHolds(seed, tally); });
  std::printf(
      "%lld models (%lld refused, %lld without a deficit), %lld subsets, %lld of them not "
      "positive definite without the deficit\n",
      static_cast<long long>(models), static_cast<long long>(tally.refused),
      static_cast<long long>(tally.unknown), static_cast<long long>(tally.checked),
      static_cast<long long>(tally.indefinite));
  assert_true(holds);
  if (models < 50) {
    print_message("not checked: that the deficit is needed; fewer than 50 models\n");
    return;
  }
  assert_true(tally.checked >= models);
  assert_true(tally.indefinite > 0);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestDeficitSuffices, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
