// Queries as matrix products and SIMD code read them: one query per column.
#pragma once

#include <cstdint>

namespace residual_knn {

// Coordinates, inverse deviations, totals and errors are padded with 0 from `count` to `width`.
struct Columns {
  int64_t count = 0;
  int64_t width = 0;          // count, rounded up to kColumnUnit
  const double* v = nullptr;  // count x m
  const float* v32 = nullptr;
  int64_t stride = 0;  // of coordinates
  const double* coordinates = nullptr;
  const double* inverse_deviations = nullptr;  // 1 / sqrt(p)
  const double* totals = nullptr;              // 1 + what the model's deficit adds
  const double* squared_errors32 = nullptr;    // (error of a product / sqrt(p))^2
  const double* squared_errors64 = nullptr;
  const int64_t* queries = nullptr;  // q of each column
  // The numbers of the queries for a covariance callback: `count` of them.
  const int64_t* callback_rows = nullptr;
};

}  // namespace residual_knn
