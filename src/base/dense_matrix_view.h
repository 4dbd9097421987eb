// A read-only view of a caller's matrix in either layout.
#pragma once

#include <cstdint>

namespace residual_knn {

// Row i is a point (or query), column c a coordinate (or rank).
struct DenseMatrixView {
  const double* data = nullptr;
  int64_t rows = 0;
  int64_t columns = 0;
  bool dimension_major = false;

  [[nodiscard]] double operator()(int64_t row, int64_t column) const {
    return dimension_major ? data[column * rows + row] : data[row * columns + column];
  }
};

}  // namespace residual_knn
