// The regression of one point on its conditioning set, in residual covariances.
//
// With C the residual correlation of the set S, c that of the set with point i, and U'U = C (Cholesky),
//
//     y = U^-T c,    s = U^-1 y,    D_i = p_i (1 - |y|^2),    b_ij = s_j sqrt(p_i / p_j).
//
// b_ij are the weights of the conditional mean, D_i is the conditional variance (Vecchia 1988).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/row_group.h"
#include "simd/set_factor.h"

namespace residual_knn {

// Scratch and result of one regression; reused from point to point.
class SetRegression {
 public:
  explicit SetRegression(const ResidualModel& model) : set_(model) {}

  // Loads the residual correlations of a set, which holds no row twice, and of a point that is not in the set.
  void Load(const PointView& point, std::span<const int64_t> set);
  // Factorizes the loaded correlations with `jitter` added to each diagonal element, that of the point included. False
  // if a pivot is at rounding level or below; then failed() tells which.
  [[nodiscard]] bool Factorize(double jitter);
  // The member of the set at which Factorize failed; the size of the set: the point itself.
  [[nodiscard]] int64_t failed() const { return failed_; }

  // b_ij for the members of the set, 0 for degenerate ones. After Factorize.
  void Weights(std::span<double> weights);
  // D_i in shares of p_i. After Factorize.
  [[nodiscard]] double unexplained() const { return unexplained_; }

 private:
  RowGroup set_;
  PointView point_;
  SetMatrix matrix_;
  // A triangle of RowGroup. Its rows from 1 on are also the rows of a SetMatrix.
  std::vector<double> correlations_;
  std::vector<double> factor_;
  std::vector<double> inverse_roots_;
  std::vector<double> solution_;
  int64_t failed_ = 0;
  double unexplained_ = 1;
};

}  // namespace residual_knn
