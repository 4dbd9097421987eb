// Options of k-means.
#pragma once

#include <cstdint>

namespace residual_knn {

struct KMeansOptions {
  int64_t m = 0;
  // Largest number of Lloyd steps.
  int64_t max_iterations = 0;
  uint64_t seed = 0;
  // At least 1.
  int threads = 1;
};

}  // namespace residual_knn
