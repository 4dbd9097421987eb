// Makes a model from what a caller gives: coordinates are moved to a common origin and scaled, then V and p computed or
// copied.
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

// With inducing points, from which V and p follow. Throws for bad values.
ResidualModel BuildModel(const GivenPoints& given, const GivenInducing& inducing,
                         CovarianceFunction covariance, double nugget, int threads,
                         Monitor& monitor);

// With the caller's V and p.
ResidualModel BuildModel(const GivenPoints& given, CovarianceFunction covariance,
                         const GivenFactor& factor, int threads, Monitor& monitor);

}  // namespace residual_knn
