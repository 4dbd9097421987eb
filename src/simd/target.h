// The SIMD target of this library, the best one of the processor.
#pragma once

#include <cstdint>

namespace residual_knn {

// For example "AVX3"; static.
const char* SimdTargetName();

// For tests, while nothing else runs: from now on the best of these targets, bits as Highway numbers them; 0: as
// before.
void UseSimdTargets(int64_t targets);

}  // namespace residual_knn
