#include "support/reference_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace residual_knn_test {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

using residual_knn_test::Exp;
using residual_knn_test::Log1p;
using residual_knn_test::Sqrt;
double Exp(double x) { return std::exp(x); }
double Sqrt(double x) { return std::sqrt(x); }
double Log1p(double x) { return std::log1p(x); }

// 2^(1 - nu) / Gamma(nu) a^nu K_nu(a). In long double, a^nu and K_nu are neither 0 nor infinite for all a and nu of the
// tests.
double MaternCorrelation(double nu, double a) {
  if (a < 1e-60) return 1;
  if (a > 3000) return 0;  // below the smallest double
  const auto order = static_cast<long double>(nu);
  const auto x = static_cast<long double>(a);
  const long double scale = std::exp2(1 - order) / std::tgamma(order);
  return static_cast<double>(scale * std::pow(x, order) * std::cyl_bessel_k(order, x));
}

// K_nu(a) as the integral of exp(-a cosh t) cosh(nu t) over t > 0. The trapezoidal rule converges faster than
// exponentially here: a step of 1/16 gives about 60 digits.
Quad MaternCorrelation(double nu, Quad a) {
  if (a < 1e-60) return 1;
  const Quad order = nu;
  const Quad step = 0.0625;
  Quad sum = 0.5 * Exp(-a);
  for (int i = 1;; ++i) {
    const Quad t = step * i;
    const Quad term = Exp(-a * Cosh(t) + order * t) * (1 + Exp(-2 * order * t)) / 2;
    sum += term;
    // After its maximum, the integrand decreases.
    if (a * Sinh(t) > order && term < sum * 1e-40) break;
    if (a * Cosh(t) - order * t > 11000) break;
  }
  return Exp(order * Log(a) + (1 - order) * Log(2) - LogGamma(order)) * sum * step;
}

// The error of the covariance function in units of eps. pow and the Bessel function lose a few digits with the order.
double KernelNoise(const Kernel& kernel) {
  return kernel.family == RESIDUAL_KNN_MATERN ? 16 + 4 * kernel.nu : 0;
}

double ErrorUnit(const Kernel& kernel, int64_t m) {
  return 0.5 * kEpsilon * (static_cast<double>(m) + 8 + KernelNoise(kernel));
}

// s_i^2 of RhoTolerance.
double ErrorScale(const Kernel& kernel, const Factor<double>& factor, int64_t i) {
  const double amplification = factor.amplification[i];
  return (kernel.variance + factor.squared_norm[i]) * amplification * amplification;
}

}  // namespace

template <class Real>
Real Correlation(const Kernel& kernel, Real r2) {
  switch (kernel.family) {
    case RESIDUAL_KNN_SQUARED_EXPONENTIAL:
      return Exp(-r2 / 2);
    case RESIDUAL_KNN_MATERN12:
      return Exp(-Sqrt(r2));
    case RESIDUAL_KNN_MATERN32: {
      const Real a = Sqrt(3 * r2);
      return (1 + a) * Exp(-a);
    }
    case RESIDUAL_KNN_MATERN52: {
      const Real a = Sqrt(5 * r2);
      return (1 + a + a * a / 3) * Exp(-a);
    }
    case RESIDUAL_KNN_MATERN:
      return MaternCorrelation(kernel.nu, Sqrt(2 * Real(kernel.nu) * r2));
    case RESIDUAL_KNN_RATIONAL_QUADRATIC:
      return Exp(-Real(kernel.alpha) * Log1p(r2 / (2 * Real(kernel.alpha))));
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

template <class Real>
Real Covariance(const Kernel& kernel, const Points& a, int64_t i, const Points& b, int64_t j) {
  Real r2 = 0;
  for (int64_t c = 0; c < a.d; ++c) {
    const Real lengthscale = kernel.lengthscales[kernel.lengthscales.size() == 1 ? 0 : c];
    const Real difference = (Real(a(i, c)) - Real(b(j, c))) / lengthscale;
    r2 += difference * difference;
  }
  return Real(kernel.variance) * Correlation<Real>(kernel, r2);
}

template <class Real>
double Factor<Real>::DegenerateLevel(int64_t i) const {
  return 4 * kEpsilon * static_cast<double>(m + 8) * static_cast<double>(p[i] + squared_norm[i]);
}

template <class Real>
bool Factor<Real>::Degenerate(int64_t i) const {
  return p[i] <= DegenerateLevel(i);
}

Factor<double> GivenFactor(std::span<const double> v, std::span<const double> p, int64_t m) {
  Factor<double> factor;
  factor.m = m;
  factor.given = true;
  factor.v.assign(v.begin(), v.end());
  factor.p.assign(p.begin(), p.end());
  factor.amplification.assign(p.size(), 1.0);
  for (size_t i = 0; i < p.size(); ++i) {
    double sum = 0;
    for (int64_t a = 0; a < m; ++a) sum += v[i * m + a] * v[i * m + a];
    factor.squared_norm.push_back(sum);
  }
  return factor;
}

template <class Real>
Projection<Real>::Projection(const Kernel& kernel, const Points& inducing, double nugget,
                             double jitter)
    : kernel_(kernel), inducing_(inducing), nugget_(nugget) {
  const int64_t m = inducing.n;
  cholesky_.assign(m * m, Real(0));
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      Real sum = Covariance<Real>(kernel, inducing, i, inducing, j);
      if (i == j) sum += Real(jitter) * Real(kernel.variance);
      for (int64_t a = 0; a < j; ++a) sum -= cholesky_[i * m + a] * cholesky_[j * m + a];
      if (i > j) {
        cholesky_[i * m + j] = sum / cholesky_[j * m + j];
      } else if (sum > 0) {
        cholesky_[i * m + i] = Sqrt(sum);
      } else {
        failed_pivot_ = i;
        return;
      }
    }
  }
}

template <class Real>
Factor<Real> Projection<Real>::Project(const Points& points) const {
  const int64_t m = inducing_.n;
  Factor<Real> factor;
  factor.m = m;
  factor.v.resize(points.n * m);
  std::vector<Real> weights(m);
  for (int64_t i = 0; i < points.n; ++i) {
    Real* v = factor.v.data() + i * m;
    Real squared_norm = 0;
    for (int64_t a = 0; a < m; ++a) {
      Real sum = Covariance<Real>(kernel_, inducing_, a, points, i);
      for (int64_t b = 0; b < a; ++b) sum -= cholesky_[a * m + b] * v[b];
      v[a] = sum / cholesky_[a * m + a];
      squared_norm += v[a] * v[a];
    }
    Real squared_weights = 0;
    for (int64_t a = m - 1; a >= 0; --a) {
      Real sum = v[a];
      for (int64_t b = a + 1; b < m; ++b) sum -= cholesky_[b * m + a] * weights[b];
      weights[a] = sum / cholesky_[a * m + a];
      squared_weights += weights[a] * weights[a];
    }
    factor.squared_norm.push_back(squared_norm);
    factor.p.push_back(Real(kernel_.variance) + Real(nugget_) - squared_norm);
    factor.amplification.push_back(1 + static_cast<double>(Sqrt(squared_weights)));
  }
  return factor;
}

template <class Real>
Real Rho(const Kernel& kernel, const Side<Real>& a, int64_t i, const Side<Real>& b, int64_t j) {
  const int64_t m = a.factor->m;
  Real sum = Covariance<Real>(kernel, *a.points, i, *b.points, j);
  const Real* u = a.factor->v.data() + i * m;
  const Real* v = b.factor->v.data() + j * m;
  Real product = 0;
  for (int64_t c = 0; c < m; ++c) product += u[c] * v[c];
  sum -= product;
  // Two square roots, so that the product of two tiny p does not underflow.
  return sum / Sqrt(a.factor->p[i]) / Sqrt(b.factor->p[j]);
}

double RhoTolerance(const Kernel& kernel, const Side<double>& a, int64_t i, const Side<double>& b,
                    int64_t j, double rho) {
  if (a.factor->m == 0) return 1e-12 * std::abs(rho);
  const double unit = ErrorUnit(kernel, a.factor->m);
  const double share_i = ErrorScale(kernel, *a.factor, i) / a.factor->p[i];
  const double share_j = ErrorScale(kernel, *b.factor, j) / b.factor->p[j];
  double tolerance = unit * std::sqrt(share_i) * std::sqrt(share_j);
  if (!a.factor->given) tolerance += unit * std::abs(rho) * (share_i + share_j) / 2;
  return tolerance;
}

double ResidualVarianceTolerance(const Kernel& kernel, const Factor<double>& factor, int64_t i) {
  if (factor.given) return 0;
  return ErrorUnit(kernel, factor.m) * (ErrorScale(kernel, factor, i) + factor.p[i]);
}

template double Correlation<double>(const Kernel&, double);
template Quad Correlation<Quad>(const Kernel&, Quad);
template double Covariance<double>(const Kernel&, const Points&, int64_t, const Points&, int64_t);
template Quad Covariance<Quad>(const Kernel&, const Points&, int64_t, const Points&, int64_t);
template struct Factor<double>;
template struct Factor<Quad>;
template class Projection<double>;
template class Projection<Quad>;
template double Rho<double>(const Kernel&, const Side<double>&, int64_t, const Side<double>&,
                            int64_t);
template Quad Rho<Quad>(const Kernel&, const Side<Quad>&, int64_t, const Side<Quad>&, int64_t);

}  // namespace residual_knn_test
