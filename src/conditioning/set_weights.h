// Weights and conditional variances of many queries.
#pragma once

#include <cstdint>
#include <span>

#include "conditioning/for_each_set.h"

namespace residual_knn {

struct WeightsOutput {
  double* weights =
      nullptr;  // queries x k in either layout, 0 in places without a neighbor; may be null
  std::span<double> variances;  // D, one for each query
  bool dimension_major = false;
};

struct WeightsReport {
  double log_determinant = 0;      // sum of log D over the queries
  int64_t jittered = 0;            // sets that needed the jitter
  int64_t first_jittered = -1;     // the place of the first of them
  int64_t degenerate_queries = 0;  // queries without residual variance: weights 0, D = p
};

// Throws ERROR_NOT_POSITIVE_DEFINITE for the first set that is not, with the jitter too; then the output is of no use.
WeightsReport ComputeWeights(const SetsJob& job, double jitter, const WeightsOutput& output);

}  // namespace residual_knn
