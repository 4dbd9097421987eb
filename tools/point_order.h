// Reorders points, and inverts the order.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace residual_knn::cli {

// position[order[i]] == i.
std::vector<int64_t> InverseOrder(std::span<const int64_t> order);

// The rows of an n x d dimension-major matrix in the given order.
std::vector<double> InOrder(std::span<const double> values, std::span<const int64_t> order);

}  // namespace residual_knn::cli
