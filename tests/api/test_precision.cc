// Compares distances with quadruple precision, on models whose residual variance is almost 0.
//
// The assertion, for every pair that a search returns, with rho, p and the weights computed from the definition in
// quadruple precision:
//
//   |(1 - d^2) - rho| <= C eps (m + 8) K (s_ij + |rho| (s_ii + s_jj) / 2)
//   s_ij = a_i a_j / sqrt(p_i p_j),  a_i = 1 + |K(Z,Z)^-1 K(Z, x_i)|
//
// where K is the variance, eps = 2^-52 and C = 1/8. a_i is the weight with which an error in a covariance enters V_i .
// V_j. It is near 1 among the inducing points and grows outside of them. The second half is the error of p_i and p_j.
// The test also prints the largest ratio to this bound, and to the simpler eps (m + 8) K / sqrt(p_i p_j), which is a
// rule of thumb, but not a bound if weights are large.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// Over many seeds, the largest error was half of this with the Bessel functions, and 0.03 without them.
constexpr double kBoundFactor = 0.125;

struct Setup {
  const char* name;
  int32_t family;
  double nu;
  double lengthscale;
  double jitter;
  int64_t d;
  int64_t m;
};

constexpr Setup kSetups[] = {
    {"squared exponential, jitter 1e-6", RESIDUAL_KNN_SQUARED_EXPONENTIAL, 0, 0.7, 1e-6, 3, 60},
    {"squared exponential, jitter 1e-10", RESIDUAL_KNN_SQUARED_EXPONENTIAL, 0, 0.7, 1e-10, 2, 40},
    {"squared exponential, jitter 1e-8, long", RESIDUAL_KNN_SQUARED_EXPONENTIAL, 0, 3, 1e-8, 2, 60},
    {"Matern 5/2", RESIDUAL_KNN_MATERN52, 0, 2, 1e-10, 2, 60},
    {"Matern 3/2", RESIDUAL_KNN_MATERN32, 0, 1, 1e-10, 3, 60},
    {"Matern 1/2", RESIDUAL_KNN_MATERN12, 0, 5, 1e-12, 2, 60},
    {"Matern nu 0.8", RESIDUAL_KNN_MATERN, 0.8, 2, 1e-10, 2, 15},
    {"Matern nu 7.3", RESIDUAL_KNN_MATERN, 7.3, 1, 1e-8, 2, 15},
    {"rational quadratic", RESIDUAL_KNN_RATIONAL_QUADRATIC, 0, 1, 1e-9, 2, 40},
};

struct Worst {
  double bound_ratio = 0;
  double rule_ratio = 0;
  double smallest_share = 1;  // p / K
  int64_t pairs = 0;
};

double RoundingBound(const Model& model, const Factor<Quad>& factor, int64_t i, int64_t j,
                     double rho) {
  const double a_i = factor.amplification[i];
  const double a_j = factor.amplification[j];
  const auto p_i = static_cast<double>(factor.p[i]);
  const auto p_j = static_cast<double>(factor.p[j]);
  const double sum =
      a_i * a_j / std::sqrt(p_i * p_j) + std::abs(rho) * (a_i * a_i / p_i + a_j * a_j / p_j) / 2;
  return kBoundFactor * kEpsilon * static_cast<double>(model.inducing.n + 8) *
         model.kernel.variance * sum;
}

bool PrecisionHolds(const TestRun& run, const Setup& setup) {
  Random random(run.seed);
  Model model;
  model.kernel.family = setup.family;
  model.kernel.nu = setup.nu;
  model.kernel.alpha = 1.7;
  model.kernel.variance = 2.3;
  model.kernel.lengthscales = {setup.lengthscale};
  model.jitter = setup.jitter;
  const int64_t n = run.Scaled(setup.family == RESIDUAL_KNN_MATERN ? 100 : 160);
  model.points = RandomPoints(random, Shape::kUniform, std::max<int64_t>(n, 40), setup.d);
  model.inducing = RandomPoints(random, Shape::kUniform, setup.m, setup.d);

  const CreatedIndex created = CreateIndex(model);
  if (created.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  const Projection<Quad> projection(model.kernel, model.inducing, model.nugget, model.jitter);
  if (projection.failed_pivot() >= 0) return Fail("no Cholesky factor in quadruple precision");
  const Factor<Quad> factor = projection.Project(model.points);
  const Side<Quad> side{&model.points, &factor};

  // Signed distances, so that rho follows from them.
  Question question;
  question.k = 12;
  for (int64_t i = 0; i < model.points.n; i += 2) question.rows.push_back(i);
  Manner manner;
  manner.ranking = RESIDUAL_KNN_SIGNED;
  const Answer answer = Ask(created.index.get(), question, manner);
  if (answer.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  Worst worst;
  for (int64_t q = 0; q < question.count(); ++q) {
    for (int32_t rank = 0; rank < question.k; ++rank) {
      const int64_t i = question.rows[q];
      const int64_t j = answer.neighbors[q * question.k + rank];
      const double distance = answer.distances[q * question.k + rank];
      if (static_cast<double>(factor.p[i]) < 4 * factor.DegenerateLevel(i) ||
          static_cast<double>(factor.p[j]) < 4 * factor.DegenerateLevel(j)) {
        continue;  // degenerate: the correlation is undefined
      }
      const auto rho = static_cast<double>(Rho(model.kernel, side, i, side, j));
      const double error = std::abs((1 - distance * distance) - rho);
      const double bound = RoundingBound(model, factor, i, j, rho);
      const double share_i = static_cast<double>(factor.p[i]) / model.kernel.variance;
      const double share_j = static_cast<double>(factor.p[j]) / model.kernel.variance;
      const double rule =
          kEpsilon * static_cast<double>(setup.m + 8) / std::sqrt(share_i * share_j);
      worst.bound_ratio = std::max(worst.bound_ratio, error / bound);
      worst.rule_ratio = std::max(worst.rule_ratio, error / rule);
      worst.smallest_share = std::min({worst.smallest_share, share_i, share_j});
      ++worst.pairs;
    }
  }
  std::printf(
      "%-40s p/K from %.1e, %lld pairs: error at most %.3f of the bound, %.2f of the rule\n",
      setup.name, worst.smallest_share, static_cast<long long>(worst.pairs), worst.bound_ratio,
      worst.rule_ratio);
  if (worst.pairs < question.count())
    return Fail(run.seed, std::string(setup.name) + ": few pairs");
  return worst.bound_ratio <= 1 || Fail(run.seed, std::string(setup.name) + ": beyond the bound");
}

bool AllSetupsHold(const TestRun& run) {
  bool all = true;
  for (const Setup& setup : kSetups) all = PrecisionHolds(run, setup) && all;
  return all;
}

void TestPrecision(void** state) {
  assert_true(AllSetupsHold(*static_cast<const TestRun*>(*state)));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {cmocka_unit_test_prestate(TestPrecision, &run)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
