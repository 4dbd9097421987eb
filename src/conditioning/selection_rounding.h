// What rounding may do to the conditional variances and covariances of a selection, in correlations.
#pragma once

#include <cstdint>

#include "model/product_error.h"
#include "model/residual_model.h"

namespace residual_knn {

class SelectionRounding {
 public:
  // `size` points take part in the sums of the selection.
  SelectionRounding(const ResidualModel& model, int64_t size)
      : product_(ProductError(model.m())),
        covariance_(model.covariance_error()),
        sums_(8 * static_cast<double>(size + 8) * 0x1p-53) {}

  // Of R_jj / p_j and of the conditional variance of point j.
  [[nodiscard]] double OfVariance(double squared_norm, double inverse_deviation) const {
    return (product_ * squared_norm + covariance_) * inverse_deviation * inverse_deviation + sums_;
  }
  // Of rho_ij and of the conditional covariance of points i and j; norms are |V|.
  [[nodiscard]] double OfCovariance(double norm, double inverse_deviation, double other_norm,
                                    double other_inverse_deviation) const {
    return (product_ * norm * other_norm + covariance_) * inverse_deviation *
               other_inverse_deviation +
           sums_;
  }

 private:
  double product_;
  // Generous: where R is much smaller than K, |V_i| |V_j| is near K, and the errors of products are granted about as much;
  // elsewhere sums_ is larger.
  double covariance_;
  double sums_;
};

}  // namespace residual_knn
