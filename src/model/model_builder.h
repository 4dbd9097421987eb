// Makes a model from the caller's values. Coordinates are moved to a common origin and scaled; then V and p are
// computed or copied.
#pragma once

#include <span>

#include "base/dense_matrix_view.h"
#include "model/covariance_function.h"
#include "model/inducing_factor.h"
#include "model/residual_model.h"
#include "parallel/monitor.h"

namespace residual_knn {

// Coordinates in the caller's units. Lengthscales: one, or one for each coordinate.
struct GivenPoints {
  DenseMatrixView points;
  std::span<const double> lengthscales;
};

struct GivenInducing {
  DenseMatrixView points;
  JitterPolicy jitter;
};

// A model whose V and p are computed from inducing points, by a team together. Throws for bad values.
ResidualModel BuildModel(const GivenPoints& given, const GivenInducing& inducing,
                         CovarianceFunction covariance, double nugget, const FactorStorage& storage,
                         const Workforce& workforce, Monitor& monitor);

// A model with the caller's V and p.
ResidualModel BuildModel(const GivenPoints& given, CovarianceFunction covariance,
                         const GivenFactor& factor, int threads, Monitor& monitor);

}  // namespace residual_knn
