// How far points extend in lengthscales, for messages.
#pragma once

#include "model/scaled_points.h"

namespace residual_knn {

// The largest range of a coordinate from its 5 % quantile to its 95 % quantile: a few far points do not count.
double SpreadOf(const ScaledPoints& points);

}  // namespace residual_knn
