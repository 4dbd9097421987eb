#include "model/robust_origin.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace residual_knn {
namespace {

// Values between two looks at the monitor: below a millisecond.
constexpr int64_t kBetweenLooks = int64_t{1} << 16;

}  // namespace

std::vector<double> OriginOf(const DenseMatrixView& points, Monitor& monitor) {
  std::vector<double> origin(static_cast<size_t>(points.columns), 0.0);
  std::vector<double> values;
  values.reserve(static_cast<size_t>(points.rows));
  int64_t spent = 0;
  const auto spend = [&] {
    if (++spent % kBetweenLooks == 0) monitor.Look();
  };
  for (int64_t c = 0; c < points.columns; ++c) {
    values.clear();
    for (int64_t i = 0; i < points.rows; ++i) {
      spend();
      if (std::isfinite(points(i, c))) values.push_back(points(i, c));
    }
    if (values.empty()) continue;  // named when the points are scaled
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(2 * (values.size() - 1) / 5);
    // Left by an exception when the caller cancels; nth_element allows that. Of x and -x, x comes first: the order
    // of the rows does not matter.
    std::nth_element(values.begin(), at, values.end(), [&](double a, double b) {
      spend();
      return std::abs(a) != std::abs(b) ? std::abs(a) < std::abs(b) : a > b;
    });
    origin[c] = *at;
  }
  return origin;
}

}  // namespace residual_knn
