// The growth of the time per row with the number of points.
#pragma once

#include <iosfwd>
#include <vector>

#include "measurement.h"

namespace residual_knn::bench {

// Writes, for each workload, strategy and thread count that ran with several n, the seconds for V and the microseconds
// per row and thread for the tree, the search and both.
void PrintGrowth(std::ostream& out, const std::vector<Measurement>& rows);

}  // namespace residual_knn::bench
