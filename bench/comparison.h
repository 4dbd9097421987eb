// Compares the strategies with each other, and automatic with the best of them.
#pragma once

#include <iosfwd>
#include <vector>

#include "measurement.h"

namespace residual_knn::bench {

// Writes one line for each workload, n and thread count that ran with several strategies.
void PrintComparison(std::ostream& out, const std::vector<Measurement>& rows);

}  // namespace residual_knn::bench
