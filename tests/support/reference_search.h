// The reference for the engine: the definition of the residual correlation, evaluated pair by pair, in double and in
// quadruple precision. Plain loops without BLAS and without code of the engine.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "residual_knn.h"

#include "support/quad.h"

namespace residual_knn_test {

// n points of d coordinates, in point-major order.
struct Points {
  int64_t n = 0;
  int64_t d = 0;
  std::vector<double> values;

  [[nodiscard]] double operator()(int64_t i, int64_t c) const { return values[i * d + c]; }
  double& operator()(int64_t i, int64_t c) { return values[i * d + c]; }
};

// The number of values of enum residual_knn_kernel, which counts from 0.
constexpr int32_t kNumFamilies = RESIDUAL_KNN_RATIONAL_QUADRATIC + 1;

struct Kernel {
  int32_t family = RESIDUAL_KNN_MATERN32;
  double variance = 1;
  double nu = 1.5;
  double alpha = 1;
  std::vector<double> lengthscales = {1.0};  // one, or one for each coordinate
};

// A model as residual_knn_index_create takes it.
struct Model {
  Kernel kernel;
  Points points;
  Points inducing;
  double nugget = 0;
  double jitter = 1e-8;
  int32_t factor_storage = 0;  // enum residual_knn_factor_storage
  int64_t max_bytes = 0;       // 0: no limit
};

// Covariance at the squared scaled distance r2, divided by the variance. Real: double or Quad.
template <class Real>
Real Correlation(const Kernel& kernel, Real r2);

// Covariance of point i of a and point j of b.
template <class Real>
Real Covariance(const Kernel& kernel, const Points& a, int64_t i, const Points& b, int64_t j);

// V and p of some points.
template <class Real>
struct Factor {
  int64_t m = 0;
  std::vector<Real> v;  // n x m
  std::vector<Real> p;
  std::vector<Real> squared_norm;  // |V_i|^2
  // 1 + |w_i|, w_i = K(Z,Z)^-1 K(Z, x_i): the factor by which an error in K(Z,Z) or K(Z, x_i) grows in p and V_i . V_j.
  // 1 if V was given.
  std::vector<double> amplification;
  bool given = false;  // V and p are from the caller and have no error

  [[nodiscard]] bool Degenerate(int64_t i) const;
  [[nodiscard]] double DegenerateLevel(int64_t i) const;
};

// A factor from the caller's V (n x m, row-major) and p.
Factor<double> GivenFactor(std::span<const double> v, std::span<const double> p, int64_t m);

// L of K(Z,Z) + jitter, and with it V and p of any points.
template <class Real>
class Projection {
 public:
  Projection(const Kernel& kernel, const Points& inducing, double nugget, double jitter);

  // The number of the pivot that is not positive, or -1.
  [[nodiscard]] int64_t failed_pivot() const { return failed_pivot_; }
  [[nodiscard]] Factor<Real> Project(const Points& points) const;

 private:
  Kernel kernel_;
  Points inducing_;
  double nugget_;
  std::vector<Real> cholesky_;  // m x m, lower, row-major
  int64_t failed_pivot_ = -1;
};

// Points with their factor.
template <class Real>
struct Side {
  const Points* points;
  const Factor<Real>* factor;
};

// rho of point i of a and point j of b; neither may be degenerate.
template <class Real>
Real Rho(const Kernel& kernel, const Side<Real>& a, int64_t i, const Side<Real>& b, int64_t j);

// The largest difference of two correct float64 evaluations of rho_ij: a first-order rounding bound,
//
//   eps / 2 (m + 8 + noise) [ s_i s_j / sqrt(p_i p_j) + |rho| (s_i^2 / p_i + s_j^2 / p_j) / 2 ],
//
// with s_i^2 = (variance + |V_i|^2) amplification_i^2 and noise the error of the kernel itself (the
// Bessel function). The second half is the error of p, and absent where p was given. Without
// inducing points nothing cancels, and the error is relative.
double RhoTolerance(const Kernel& kernel, const Side<double>& a, int64_t i, const Side<double>& b,
                    int64_t j, double rho);

// The largest difference of two correct float64 evaluations of p_i.
double ResidualVarianceTolerance(const Kernel& kernel, const Factor<double>& factor, int64_t i);

}  // namespace residual_knn_test
