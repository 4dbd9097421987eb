// The errors that a selection grants to residual correlations, on points for which products or covariances alone use up
// more than the other terms.
#include "conditioning/selection_rounding.h"

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "model/row_group.h"
#include "support/engine_model.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::ResidualModel;
using residual_knn::RowGroup;
using residual_knn::SelectionRounding;

Quad ExactSquare(const std::vector<double>& v) {
  Quad square = 0;
  for (const double value : v) square += static_cast<Quad>(value) * value;
  return square;
}

struct Errors {
  double largest = 0;  // of rho
  double granted = 0;  // for that pair
};

// The largest error of rho between the first point and the others, all of which have the same row of V and the same p.
Errors LargestError(const residual_knn::CovarianceParameters& parameters, const Points& points,
                    const std::vector<double>& v, double p) {
  const auto m = static_cast<int64_t>(v.size());
  std::vector<double> factor;
  for (int64_t i = 0; i < points.n; ++i) factor.insert(factor.end(), v.begin(), v.end());
  const std::vector<double> variances(static_cast<size_t>(points.n), p);
  const ResidualModel model = MakeGivenModel(parameters, points, factor, m, variances, 0);
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < points.n; ++i) rows.push_back(i);
  RowGroup group(model);
  group.Load(rows);
  std::vector<double> rho(static_cast<size_t>(points.n + RowGroup::kSlack));
  group.Correlations(0, rho.data());
  const SelectionRounding rounding(model, points.n);
  const Quad square = ExactSquare(v);
  const double norm = std::sqrt(static_cast<double>(square));
  const double scale = 1 / std::sqrt(p);
  Errors errors;
  for (int64_t j = 1; j < points.n; ++j) {
    const Quad covariance =
        parameters.variance * ExactCovariance(parameters.kernel, points.values.data(),
                                              points.values.data() + j * points.d, points.d);
    const Quad exact = (covariance - square) / p;
    const double error = std::abs(static_cast<double>(rho[j] - exact));
    if (error > errors.largest) {
      errors = {error, rounding.OfCovariance(norm, scale, norm, scale)};
    }
  }
  // The variance of a point is its covariance with itself.
  const double of_variance = rounding.OfVariance(norm * norm, scale);
  assert_true(std::abs(of_variance / rounding.OfCovariance(norm, scale, norm, scale) - 1) < 1e-12);
  return errors;
}

bool AreGranted(const char* name, const Errors& errors, double least_share) {
  const double share = errors.largest / errors.granted;
  std::printf("%s: %.4f of the error that is granted\n", name, share);
  return (share <= 1 && share > least_share) || Fail(std::string(name) + ": the error is " +
                                                     std::to_string(share) + " of what is granted");
}

// Sums of many squares that are each a little more than half the spacing of the partial sums, so that each step rounds up.
// The sums of a vector of processor registers begin with 1. The points coincide, so their covariance is the variance.
void TestProducts(void** /*state*/) {
  constexpr int64_t kLanes = 128;
  std::vector<double> v(20000, std::sqrt(0x1p-53 * 1.01));
  for (int64_t e = 0; e < kLanes; ++e) v[e] = 1;
  const double p = 1e-6;
  residual_knn::CovarianceParameters parameters;
  parameters.kernel = RESIDUAL_KNN_SQUARED_EXPONENTIAL;
  parameters.variance = static_cast<double>(ExactSquare(v)) + p / 2;
  const Points points{2, 1, {0.5, 0.5}};
  assert_true(AreGranted("products", LargestError(parameters, points, v, p), 1e-3));
}

// Covariances near 1, of which V explains 1 exactly.
void TestCovariances(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  for (const int32_t kernel : {RESIDUAL_KNN_SQUARED_EXPONENTIAL, RESIDUAL_KNN_MATERN12,
                               RESIDUAL_KNN_MATERN32, RESIDUAL_KNN_MATERN52, RESIDUAL_KNN_MATERN}) {
    Points points{200, 2, {}};
    const double p = 1e-6;
    const double farthest = kernel == RESIDUAL_KNN_MATERN12 ? p : std::sqrt(p);
    for (int64_t i = 0; i < points.n * points.d; ++i) {
      points.values.push_back(0.3 + random.Uniform(-0.25, 0.25) * farthest);
    }
    residual_knn::CovarianceParameters parameters;
    parameters.kernel = kernel;
    parameters.nu = 2.5;  // Matern 5/2 in the form for any smoothness, whose errors are larger
    const std::string name = "covariances of kernel " + std::to_string(kernel);
    assert_true(AreGranted(name.c_str(), LargestError(parameters, points, {1}, p), 1e-3));
  }
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestProducts, &run),
      cmocka_unit_test_prestate(TestCovariances, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
