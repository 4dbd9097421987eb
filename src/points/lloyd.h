// Lloyd's algorithm: each point belongs to its nearest center, and each center moves to the mean of its points.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/scaled_points.h"
#include "parallel/monitor.h"
#include "points/k_means_options.h"

namespace residual_knn {

// Centers (one after another, m x d) that start at `rows` and move until no point changes its center, or
// options.max_iterations times. A cluster without points takes the point that is farthest from its center.
std::vector<double> RefineCenters(const ScaledPoints& points, std::span<const int64_t> rows,
                                  const KMeansOptions& options, Monitor& monitor);

}  // namespace residual_knn
