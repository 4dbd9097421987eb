// The middle of some measurements.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

namespace residual_knn::bench {

// Of two in the middle, their mean.
inline double Median(std::vector<double> values) {
  const size_t middle = values.size() / 2;
  std::sort(values.begin(), values.end());
  return values.size() % 2 == 1 ? values[middle]
                                : std::midpoint(values[middle - 1], values[middle]);
}

}  // namespace residual_knn::bench
