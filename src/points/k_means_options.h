// What the parts of k-means are told.
#pragma once

#include <cstdint>

namespace residual_knn {

struct KMeansOptions {
  int64_t m = 0;
  // Lloyd steps at most.
  int64_t max_iterations = 0;
  uint64_t seed = 0;
  // At least 1.
  int threads = 1;
};

}  // namespace residual_knn
