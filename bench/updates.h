// Compares the time of an update of an index with that of a new index, as in a step of an optimizer.
#pragma once

#include <cstdint>
#include <iosfwd>

#include "workload.h"

namespace residual_knn::bench {

// Alternates new indexes and updates of one index. Lengthscales change by one percent in each step. Prints both
// medians. Throws if V after an update does not have the same bytes as V of the new index.
void PrintUpdates(std::ostream& out, const Workload& workload, int32_t threads, int64_t repeats);

}  // namespace residual_knn::bench
