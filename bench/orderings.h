// The time of the maximin orders, in scaled distance and in residual distance.
#pragma once

#include <cstdint>
#include <iosfwd>

#include "workload.h"

namespace residual_knn::bench {

// Prints the medians. Above 200,000 points, only the order in scaled distance is measured: the time of the other grows
// with the square of their number.
void PrintOrderings(std::ostream& out, const Workload& workload, int32_t threads, int64_t repeats);

}  // namespace residual_knn::bench
