// Some points in dimension-major memory, as the kernels of squared distances read them.
#pragma once

#include <cstdint>

namespace residual_knn {

// Points in dimension-major memory: coordinate c of point j is data[c * stride + j]. Each
// coordinate must be readable for 8 values beyond the last point.
struct PointRange {
  const double* data;
  int64_t stride;
  int64_t dimensions;
  int64_t count;
};

}  // namespace residual_knn
