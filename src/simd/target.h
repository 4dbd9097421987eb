// The SIMD target that runtime dispatch uses on this processor.
#pragma once

namespace residual_knn {

// For example "AVX3"; static.
const char* SimdTargetName();

}  // namespace residual_knn
