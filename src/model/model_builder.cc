#include "model/model_builder.h"

#include <utility>

#include "model/robust_origin.h"

namespace residual_knn {
namespace {

PointScaling ScalingOf(const GivenPoints& given, Monitor& monitor) {
  return {{given.lengthscales.begin(), given.lengthscales.end()}, OriginOf(given.points, monitor)};
}

}  // namespace

ResidualModel BuildModel(const GivenPoints& given, const GivenInducing& inducing,
                         CovarianceFunction covariance, double nugget, const FactorStorage& storage,
                         const Workforce& workforce, Monitor& monitor) {
  PointScaling scaling = ScalingOf(given, monitor);
  ScaledPoints points(given.points, given.lengthscales, "points", scaling.origin);
  ScaledPoints scaled_inducing(inducing.points, given.lengthscales, "inducing", scaling.origin);
  InducingFactor factor(covariance, std::move(scaled_inducing), inducing.jitter, monitor);
  return {{std::move(covariance), nugget, std::move(points), std::move(scaling), std::move(factor),
           OriginalPoints(given.points), OriginalPoints(inducing.points), storage},
          workforce,
          monitor};
}

ResidualModel BuildModel(const GivenPoints& given, CovarianceFunction covariance,
                         const GivenFactor& factor, int threads, Monitor& monitor) {
  PointScaling scaling = ScalingOf(given, monitor);
  ScaledPoints points(given.points, given.lengthscales, "points", scaling.origin);
  return {{std::move(covariance), std::move(points), std::move(scaling)}, factor, threads, monitor};
}

}  // namespace residual_knn
