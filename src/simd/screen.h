// The pass after the matrix product: it subtracts the products from the covariances, normalizes, and compares with
// the query's current threshold. There is no branch for a single pair, because most pairs fail.
#pragma once

#include <cstdint>

#include "simd/covariance_view.h"

namespace residual_knn {

struct ScreenTile {
  // Null if the covariances are given in ScreenQuery.
  const CovarianceView* covariance = nullptr;
  PointsView points = {};
  // 1 / sqrt(p) of all points, 0 for degenerate ones; readable 8 doubles beyond the last.
  const double* inverse_deviation = nullptr;
  // The candidates are rows [first, first + count).
  int64_t first = 0;
  int64_t count = 0;
};

struct ScreenQuery {
  const double* point = nullptr;        // its scaled coordinates
  const double* products = nullptr;     // V_query . V_candidate; readable 8 values beyond the last
  const float* products32 = nullptr;    // the same in single precision; null if `products` is given
  const double* covariances = nullptr;  // like products; null if computed here
  bool signed_ranking = false;
  // Bound on the error of products, in units of the covariance.
  double error = 0;
  // Candidates with (|R| + error) * inverse_deviation < threshold are dismissed; a score is
  // |R| * inverse_deviation, or R * inverse_deviation in signed ranking.
  double threshold = 0;
};

// Arrays for the survivors; each has room for kScreenSlack more than ScreenTile::count.
struct ScreenSurvivors {
  int64_t* row = nullptr;
  double* score = nullptr;
  double* covariance = nullptr;
};
inline constexpr int64_t kScreenSlack = 8;

// Returns the number of survivors, in ascending order of rows.
int64_t Screen(const ScreenTile& tile, const ScreenQuery& query, const ScreenSurvivors& survivors);

}  // namespace residual_knn
