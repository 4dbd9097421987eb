// Compares searches with and without start lists after a small change of the lengthscales, as an optimizer makes it.
#pragma once

#include <cstdint>
#include <iosfwd>

#include "strategies.h"
#include "workload.h"

namespace residual_knn::bench {

// Finds the neighbors, updates the lengthscales by one percent, and then searches in turns without start lists and with
// the neighbors before the step as start lists. Prints the medians and their ratio; also with the neighbors after the
// step, which is the best that start lists can do. Throws if the answers differ.
void PrintWarmStarts(std::ostream& out, const Workload& workload, const Strategy& strategy,
                     int32_t threads, int64_t repeats);

}  // namespace residual_knn::bench
