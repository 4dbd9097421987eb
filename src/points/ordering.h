// Orders of points, for Vecchia approximations.
#pragma once

#include <cstdint>
#include <vector>

#include "base/dense_matrix_view.h"
#include "model/scaled_points.h"
#include "parallel/monitor.h"

namespace residual_knn {

// A random permutation of 0 ... n - 1, the same for the same seed on every machine.
std::vector<int64_t> RandomOrder(int64_t n, uint64_t seed, Monitor& monitor);

// The exact maximin order (Guinness 2018): starts at the point nearest the center of the points; each next point is
// the one whose distance to those before it is largest. Ties go to the smaller row; points at the location of an
// earlier one come last, in row order. Each coordinate of the center is the mean, or the median if a few far points
// have moved the mean out of the range of the middle 80 %. Locations are those of `originals`, the points before they
// were scaled, if given.
std::vector<int64_t> MaximinOrder(const ScaledPoints& points, Monitor& monitor,
                                  const DenseMatrixView& originals = {});

}  // namespace residual_knn
