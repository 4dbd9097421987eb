#include "simd/covariance_reference.h"

#include <boost/math/special_functions/bessel.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>

namespace residual_knn_test {
namespace {

using residual_knn::CovarianceFamily;
using residual_knn::MaternTable;

CovarianceReference SquaredExponential() {
  CovarianceReference r;
  r.name = "squared exponential";
  r.view.family = CovarianceFamily::kSquaredExponential;
  r.correlation = [](long double r2) { return std::exp(-r2 / 2); };
  r.condition = [](long double r2) { return r2 / 2; };
  r.fixed = 4;  // the exponential 2.25, the variance 1
  return r;
}

CovarianceReference Matern12() {
  CovarianceReference r;
  r.name = "Matern 1/2";
  r.view.family = CovarianceFamily::kMatern12;
  r.correlation = [](long double r2) { return std::exp(-std::sqrt(r2)); };
  r.condition = [](long double r2) { return std::sqrt(r2); };
  r.fixed = 4;
  r.per_condition = 1;  // the root
  return r;
}

CovarianceReference Matern32() {
  CovarianceReference r;
  r.name = "Matern 3/2";
  r.view.family = CovarianceFamily::kMatern32;
  r.correlation = [](long double r2) {
    const long double a = std::sqrt(3 * r2);
    return (1 + a) * std::exp(-a);
  };
  r.condition = [](long double r2) { return std::sqrt(3 * r2); };
  r.fixed = 8;          // 1 + a: 3; products 2; the exponential
  r.per_condition = 2;  // 3 r2 and its root
  return r;
}

CovarianceReference Matern52() {
  CovarianceReference r;
  r.name = "Matern 5/2";
  r.view.family = CovarianceFamily::kMatern52;
  r.correlation = [](long double r2) {
    const long double a = std::sqrt(5 * r2);
    return (1 + a + a * a / 3) * std::exp(-a);
  };
  r.condition = [](long double r2) { return std::sqrt(5 * r2); };
  r.fixed = 10;
  r.per_condition = 2;
  return r;
}

// Documented in model/matern_table.h: 3e-16, and relative 3e-14 while K > 1e-300.
CovarianceReference Matern(double nu) {
  CovarianceReference r;
  r.name = "Matern " + std::to_string(nu);
  r.table = std::make_shared<MaternTable>(nu);
  r.view.family = CovarianceFamily::kMaternTable;
  r.view.table = r.table->view();
  r.correlation = [nu](long double r2) -> long double {
    const long double order = nu;
    const long double a = std::sqrt(2 * order * r2);
    if (a == 0) return 1;
    return std::exp(std::log(2.0L) * (1 - order) - std::lgamma(order) + order * std::log(a)) *
           boost::math::cyl_bessel_k(order, a);
  };
  r.condition = [nu](long double r2) { return std::sqrt(2 * nu * r2); };
  r.fixed = 3e-14 * 0x1p53;
  r.absolute = 3e-16;
  return r;
}

CovarianceReference RationalQuadratic(double alpha) {
  CovarianceReference r;
  r.name = "rational quadratic " + std::to_string(alpha);
  r.view.family = CovarianceFamily::kRationalQuadratic;
  r.view.alpha = alpha;
  r.correlation = [alpha](long double r2) -> long double {
    const long double a = alpha;
    return std::exp(-a * std::log1p(r2 / (2 * a)));
  };
  r.condition = [alpha](long double r2) -> long double {
    const long double a = alpha;
    return a * std::log1p(r2 / (2 * a));
  };
  r.fixed = 4;
  r.per_condition = 10;  // the scale 2, the logarithm 2 ulp, its correction 2, the products 2
  return r;
}

}  // namespace

std::vector<CovarianceReference> AllCovariances(double variance) {
  std::vector<CovarianceReference> all = {SquaredExponential(), Matern12(), Matern32(), Matern52(),
                                          Matern(0.8)};
  for (const double alpha : {0.01, 0.3, 1.0, 2.5, 40.0, 1e3, 1e6}) {
    all.push_back(RationalQuadratic(alpha));
  }
  for (CovarianceReference& reference : all) reference.view.variance = variance;
  return all;
}

}  // namespace residual_knn_test
