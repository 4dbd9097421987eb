// How the time a row grows with the number of points.
#pragma once

#include <iosfwd>
#include <vector>

#include "measurement.h"

namespace residual_knn::bench {

// For each workload, strategy and thread count that ran with several n: seconds for V, and
// microseconds a row and thread for the tree, the search and both.
void PrintGrowth(std::ostream& out, const std::vector<Measurement>& rows);

}  // namespace residual_knn::bench
