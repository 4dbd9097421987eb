#include "model/covariance_function.h"

#include <cmath>
#include <string>

#include "base/describe.h"
#include "base/error.h"
#include "residual_knn.h"

namespace residual_knn {
namespace {

void RequirePositive(double value, const char* name) {
  if (!(value > 0) || !std::isfinite(value)) {
    ThrowInvalid(std::string(name) + " is " + Describe(value) + ", must be positive and finite");
  }
}

}  // namespace

CovarianceFunction::CovarianceFunction(const CovarianceParameters& parameters)
    : parameters_(parameters) {
  const double variance = parameters.variance;
  const double alpha = parameters.alpha;
  RequirePositive(variance, "variance");
  // 1 / p and p_i p_j must stay representable.
  if (variance < 1e-140 || variance > 1e140) {
    ThrowInvalid("variance is " + Describe(variance) + ", must be between 1e-140 and 1e140");
  }
  switch (parameters.kernel) {
    case RESIDUAL_KNN_SQUARED_EXPONENTIAL:
      family_ = CovarianceFamily::kSquaredExponential;
      break;
    case RESIDUAL_KNN_MATERN12:
      family_ = CovarianceFamily::kMatern12;
      break;
    case RESIDUAL_KNN_MATERN32:
      family_ = CovarianceFamily::kMatern32;
      break;
    case RESIDUAL_KNN_MATERN52:
      family_ = CovarianceFamily::kMatern52;
      break;
    case RESIDUAL_KNN_MATERN:
      RequirePositive(parameters.nu, "nu");
      if (parameters.nu > 50) {
        ThrowInvalid("nu is " + Describe(parameters.nu) +
                     ", must be at most 50 (for larger nu, use the squared exponential)");
      }
      // The closed forms are faster and exact to the last bits.
      if (parameters.nu == 0.5) {
        family_ = CovarianceFamily::kMatern12;
      } else if (parameters.nu == 1.5) {
        family_ = CovarianceFamily::kMatern32;
      } else if (parameters.nu == 2.5) {
        family_ = CovarianceFamily::kMatern52;
      } else {
        family_ = CovarianceFamily::kMaternTable;
        table_.emplace(parameters.nu);
      }
      break;
    case RESIDUAL_KNN_RATIONAL_QUADRATIC:
      RequirePositive(alpha, "alpha");
      // Both limits are far beyond any use. r^2 / alpha must not overflow.
      if (alpha < 1e-12 || alpha > 1e12) {
        ThrowInvalid("alpha is " + Describe(alpha) + ", must be between 1e-12 and 1e12");
      }
      family_ = CovarianceFamily::kRationalQuadratic;
      break;
    default:
      ThrowInvalid("kernel is " + std::to_string(parameters.kernel) +
                   ", not one of enum residual_knn_kernel");
  }
}

CovarianceView CovarianceFunction::view() const {
  CovarianceView view;
  view.family = family_;
  view.variance = parameters_.variance;
  view.alpha = parameters_.alpha;
  if (table_) view.table = table_->view();
  return view;
}

}  // namespace residual_knn
