// What an update of an index costs beside a new index: a step of an optimizer.
#pragma once

#include <cstdint>
#include <iosfwd>

#include "workload.h"

namespace residual_knn::bench {

// Alternates new indices and updates of one index, with lengthscales that move by a percent a step, and prints both
// medians. Throws if V of an update is not, byte for byte, that of the new index.
void PrintUpdates(std::ostream& out, const Workload& workload, int32_t threads, int64_t repeats);

}  // namespace residual_knn::bench
