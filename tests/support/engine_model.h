// Models of the engine, and their residuals in extended precision from the stored V and p.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/model_builder.h"
#include "support/quad.h"
#include "support/random_data.h"

namespace residual_knn_test {

// What a model is made of; lengthscale 1.
struct EngineSpec {
  int32_t kernel = RESIDUAL_KNN_SQUARED_EXPONENTIAL;
  double nugget = 0;
  double jitter = 1e-10;
  Points points;
  Points inducing;

  [[nodiscard]] std::string Describe() const {
    return "kernel " + std::to_string(kernel) + ", n " + std::to_string(points.n) + ", d " +
           std::to_string(points.d) + ", m " + std::to_string(inducing.n) + ", jitter " +
           std::to_string(jitter * 1e10) + "e-10, nugget " + std::to_string(nugget);
  }
};

inline residual_knn::DenseMatrixView ViewOf(const Points& points) {
  return {points.values.data(), points.n, points.d};
}

// Throws where K(Z,Z) is not positive definite even with a jitter of 1e-3.
inline residual_knn::ResidualModel MakeEngineModel(const EngineSpec& spec) {
  residual_knn::Monitor monitor;
  residual_knn::CovarianceParameters parameters;
  parameters.kernel = spec.kernel;
  const std::vector<double> lengthscales = {1.0};
  return BuildModel({ViewOf(spec.points), lengthscales},
                    {ViewOf(spec.inducing), {spec.jitter, 1e-3}},
                    residual_knn::CovarianceFunction(parameters), spec.nugget, {}, 1, monitor);
}

// Of a caller's V, points.n x m, and p, with an error as in model_options; lengthscale 1.
inline residual_knn::ResidualModel MakeGivenModel(
    const residual_knn::CovarianceParameters& parameters, const Points& points,
    const std::vector<double>& factor, int64_t m, const std::vector<double>& p,
    double factor_error) {
  residual_knn::Monitor monitor;
  const std::vector<double> lengthscales = {1.0};
  return BuildModel({ViewOf(points), lengthscales}, residual_knn::CovarianceFunction(parameters),
                    {{factor.data(), points.n, m}, p, factor_error}, 1, monitor);
}

// Covariance of scaled points, variance 1, exact but for the last digits of Quad.
inline Quad ExactCovariance(int32_t kernel, const double* x, const double* y, int64_t d) {
  Quad square = 0;
  for (int64_t c = 0; c < d; ++c) {
    const Quad difference = static_cast<Quad>(x[c]) - y[c];
    square += difference * difference;
  }
  const Quad r = Sqrt(square);
  switch (kernel) {
    case RESIDUAL_KNN_SQUARED_EXPONENTIAL:
      return Exp(-square / 2);
    case RESIDUAL_KNN_MATERN12:
      return Exp(-r);
    case RESIDUAL_KNN_MATERN32:
      return (1 + Sqrt(3) * r) * Exp(-Sqrt(3) * r);
    default:  // Matern 5/2
      return (1 + Sqrt(5) * r + 5 * square / 3) * Exp(-Sqrt(5) * r);
  }
}

// K - V_i . V_j of two points with these rows of V.
inline Quad ExactResidual(int32_t kernel, const double* x, const double* v, const double* y,
                          const double* w, int64_t d, int64_t m) {
  Quad residual = ExactCovariance(kernel, x, y, d);
  for (int64_t e = 0; e < m; ++e) residual -= static_cast<Quad>(v[e]) * w[e];
  return residual;
}

}  // namespace residual_knn_test
