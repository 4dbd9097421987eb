#include "tools/point_order.h"

namespace residual_knn::cli {

std::vector<int64_t> InverseOrder(std::span<const int64_t> order) {
  std::vector<int64_t> position(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    position[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  }
  return position;
}

std::vector<double> InOrder(std::span<const double> values, std::span<const int64_t> order) {
  std::vector<double> ordered;
  ordered.reserve(values.size());
  for (size_t column = 0; column < values.size(); column += order.size()) {
    for (const int64_t row : order) ordered.push_back(values[column + static_cast<size_t>(row)]);
  }
  return ordered;
}

}  // namespace residual_knn::cli
