// The pass after a product of integers. It computes in single precision; the errors that the caller gives include its
// rounding.
#pragma once

#include <cstdint>

#include "simd/covariance_view.h"

namespace residual_knn {

// Number of values that are readable beyond the last.
inline constexpr int64_t kQuantizedSlack = 16;

struct QuantizedTile {
  const CovarianceView* covariance = nullptr;
  // Coordinate c of point j at coordinates[c * stride + j]; readable kQuantizedSlack beyond the last.
  const float* coordinates = nullptr;
  int64_t stride = 0;
  int64_t dimensions = 0;
  // 1 / sqrt(p); 0 for degenerate points, NaN for points that never pass. This array and those below are readable as
  // far as coordinates.
  const float* inverse_deviations = nullptr;
  // The product with point j is in units of steps[j] times the step of the query.
  const float* steps = nullptr;
  // The error of a product is at most norm * rests[j] + rest * norms[j], where norm and rest are those of the query.
  const float* rests = nullptr;
  const float* norms = nullptr;
  // The candidates are points [first, first + count).
  int64_t first = 0;
  int64_t count = 0;
};

struct QuantizedQuery {
  const float* point = nullptr;
  const int32_t* products = nullptr;  // of the candidates; readable kQuantizedSlack beyond the last
  float step = 0;
  float norm = 0;
  float rest = 0;
  // The error of a covariance K is at most the smaller of covariance_error and covariance_rate K + covariance_floor.
  float covariance_error = 0;
  float covariance_rate = 0;
  float covariance_floor = 0;
  bool signed_ranking = false;
  // Candidates with (|R| + error) * inverse_deviation < threshold are dismissed (R instead of |R| in signed ranking).
  float threshold = 0;
};

// Whether the family can be evaluated here: all but the table of a general Matern.
bool CanScreenQuantized(const CovarianceView& covariance);

// Writes the points that pass to `rows`, and their scores |R| * inverse_deviation (R * inverse_deviation in signed
// ranking) to `scores`. Both have room for count + kQuantizedSlack. Returns the number of points that pass.
int64_t ScreenQuantized(const QuantizedTile& tile, const QuantizedQuery& query, int32_t* rows,
                        float* scores);

}  // namespace residual_knn
