// Orders of rows: looks them up, inverts them, and reorders points.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace residual_knn::cli {

// order[i]; without an order, i.
inline int64_t At(std::span<const int64_t> order, int64_t i) {
  return order.empty() ? i : order[static_cast<size_t>(i)];
}

// position[order[i]] == i.
std::vector<int64_t> InverseOrder(std::span<const int64_t> order);

// The rows of an n x d dimension-major matrix in the given order.
std::vector<double> InOrder(std::span<const double> values, std::span<const int64_t> order);

}  // namespace residual_knn::cli
