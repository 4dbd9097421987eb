#include "model/robust_origin.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "parallel/pace.h"

namespace residual_knn {

std::vector<double> OriginOf(const DenseMatrixView& points, Monitor& monitor) {
  std::vector<double> origin(static_cast<size_t>(points.columns), 0.0);
  std::vector<double> values;
  values.reserve(static_cast<size_t>(points.rows));
  Pace pace(monitor);
  for (int64_t c = 0; c < points.columns; ++c) {
    values.clear();
    for (int64_t i = 0; i < points.rows; ++i) {
      pace.Spend(1);
      if (std::isfinite(points(i, c))) values.push_back(points(i, c));
    }
    if (values.empty()) continue;  // an error, when the points are scaled
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(2 * (values.size() - 1) / 5);
    // When the caller cancels, an exception ends nth_element, which allows that. Of two values x and -x the positive
    // one comes first, so that the order of the rows does not matter.
    std::nth_element(values.begin(), at, values.end(), [&](double a, double b) {
      pace.Spend(1);
      return std::abs(a) != std::abs(b) ? std::abs(a) < std::abs(b) : a > b;
    });
    origin[c] = *at;
  }
  return origin;
}

}  // namespace residual_knn
