#include "model/spread.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace residual_knn {

double SpreadOf(const ScaledPoints& points) {
  const int64_t n = points.size();
  double largest = 0;
  for (int64_t c = 0; c < points.dimensions() && n > 0; ++c) {
    std::vector<double> x(points.coordinate(c), points.coordinate(c) + n);
    const auto low = x.begin() + (n - 1) / 20;
    const auto high = x.begin() + (n - 1 - (n - 1) / 20);
    std::nth_element(x.begin(), low, x.end());
    std::nth_element(low, high, x.end());
    largest = std::max(largest, *high - *low);
  }
  return largest;
}

}  // namespace residual_knn
