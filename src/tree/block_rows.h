// The points of a block, in the form that the factorization of its residual correlation needs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "model/residual_model.h"

namespace residual_knn {

class BlockRows {
 public:
  explicit BlockRows(const ResidualModel& model) : model_(model) {}

  // Loads rows of the model.
  void Load(std::span<const int64_t> rows);

  [[nodiscard]] int64_t m() const { return model_.m(); }
  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(rows_.size()); }
  [[nodiscard]] int64_t row(int64_t j) const { return rows_[j]; }
  // 1 / sqrt(p), 0 for degenerate points.
  [[nodiscard]] double inverse_deviation(int64_t j) const { return inverse_deviations_[j]; }

  // out[j] = rho of points `pivot` and j for all j. out has room for 8 more values.
  void Correlations(int64_t pivot, double* out);

 private:
  const ResidualModel& model_;
  std::span<const int64_t> rows_;
  int64_t stride_ = 0;
  std::vector<double> coordinates_;
  std::vector<double> inverse_deviations_;
  std::vector<double> products_;
  std::vector<double> covariances_;
  std::vector<double> point_;
};

}  // namespace residual_knn
