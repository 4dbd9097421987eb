// The median of measurements.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

namespace residual_knn::bench {

// For an even number of values, the mean of the two middle values.
inline double Median(std::vector<double> values) {
  const size_t middle = values.size() / 2;
  std::sort(values.begin(), values.end());
  return values.size() % 2 == 1 ? values[middle]
                                : std::midpoint(values[middle - 1], values[middle]);
}

}  // namespace residual_knn::bench
