// The pass behind a quantized product: everything in single precision, inside the caller's error.
#pragma once

#include <cstdint>

#include "simd/covariance_view.h"

namespace residual_knn {

// What is readable beyond the last value.
inline constexpr int64_t kQuantizedSlack = 16;

struct QuantizedTile {
  const CovarianceView* covariance = nullptr;
  // Coordinate c of point j at coordinates[c * stride + j]; readable kQuantizedSlack beyond the last.
  const float* coordinates = nullptr;
  int64_t stride = 0;
  int64_t dimensions = 0;
  // 1 / sqrt(p), 0 for degenerate points, NaN for those that never pass; readable as coordinates, as are all others.
  const float* inverse_deviations = nullptr;
  // Products are in steps of steps[j] times that of the query.
  const float* steps = nullptr;
  // Products are off by at most norm rests[j] + rest norms[j] of the query.
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
  // A covariance K is off by at most the smaller of covariance_error and covariance_rate K + covariance_floor.
  float covariance_error = 0;
  float covariance_rate = 0;
  float covariance_floor = 0;
  bool signed_ranking = false;
  // Candidates with (|R| + error) * inverse_deviation < threshold are dismissed, R in signed ranking.
  float threshold = 0;
};

// Whether the family can be evaluated here: all but the table of a general Matern.
bool CanScreenQuantized(const CovarianceView& covariance);

// Points that pass go to rows, their |R| * inverse_deviation (or R * inverse_deviation) to scores; both have room for
// count + kQuantizedSlack.
int64_t ScreenQuantized(const QuantizedTile& tile, const QuantizedQuery& query, int32_t* rows,
                        float* scores);

}  // namespace residual_knn
