// The number of processors on which this process may run.
#pragma once

#include <cstdint>

namespace residual_knn::cli {

// The number in the affinity mask if there is one (taskset, containers), otherwise all; at least 1.
int32_t AvailableProcessors();

}  // namespace residual_knn::cli
