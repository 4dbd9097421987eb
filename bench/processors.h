// How many processors this process may run on.
#pragma once

#include <cstdint>

namespace residual_knn::bench {

// Those of the affinity mask where there is one (taskset, containers), otherwise all; at least 1.
int32_t AvailableProcessors();

}  // namespace residual_knn::bench
