// k-means++ (Arthur and Vassilvitskii 2007): each next seed is drawn with a probability proportional to its squared
// distance from the nearest seed so far.
#pragma once

#include <cstdint>
#include <vector>

#include "base/dense_matrix_view.h"
#include "model/scaled_points.h"
#include "parallel/monitor.h"
#include "points/k_means_options.h"

namespace residual_knn {

// options.m rows at different locations; there must be that many. Locations are those of `originals`, the points before
// they were scaled, if it has rows.
std::vector<int64_t> DrawSeeds(const ScaledPoints& points, const DenseMatrixView& originals,
                               const KMeansOptions& options, Monitor& monitor);

}  // namespace residual_knn
