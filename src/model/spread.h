// How far points extend in lengthscales, for messages.
#pragma once

#include "model/scaled_points.h"

namespace residual_knn {

// The largest range of a coordinate that 90 % of the points keep, from the 5 % quantile to that of 95 %: a few far
// points do not count.
double SpreadOf(const ScaledPoints& points);

}  // namespace residual_knn
