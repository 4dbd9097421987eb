// The maximin order of the rows in the residual distance.
#pragma once

#include <cstdint>
#include <vector>

#include "model/residual_model.h"
#include "parallel/monitor.h"
#include "search/prepared.h"

namespace residual_knn {

// Refers to values that outlive the call.
struct ResidualOrderJob {
  const ResidualModel& model;
  Prepared& prepared;
  int threads = 1;
  Monitor& monitor;
};

// Length of the neighbor lists that shorten the work for n points; 0: none.
int64_t ListLengthFor(int64_t n);

// Starts at the row with the largest p. Each next row is the one whose distance from its nearest chosen row is largest.
// Ties go to the smaller row. Degenerate rows come last, in row order. The order does not depend on list_length, which
// is at most n - 1.
std::vector<int64_t> ResidualMaximinOrder(const ResidualOrderJob& job, int64_t list_length);

}  // namespace residual_knn
