// Points as the caller gave them, kept because an update scales them again.
#pragma once

#include <cstdint>
#include <vector>

#include "base/dense_matrix_view.h"

namespace residual_knn {

class OriginalPoints {
 public:
  OriginalPoints() = default;
  explicit OriginalPoints(const DenseMatrixView& points)
      : values_(static_cast<size_t>(points.rows * points.columns)),
        rows_(points.rows),
        columns_(points.columns) {
    for (int64_t i = 0; i < rows_; ++i) {
      for (int64_t c = 0; c < columns_; ++c) values_[c * rows_ + i] = points(i, c);
    }
  }

  [[nodiscard]] DenseMatrixView view() const { return {values_.data(), rows_, columns_, true}; }
  [[nodiscard]] int64_t bytes() const {
    return static_cast<int64_t>(values_.size() * sizeof(double));
  }

 private:
  std::vector<double> values_;
  int64_t rows_ = 0;
  int64_t columns_ = 0;
};

}  // namespace residual_knn
