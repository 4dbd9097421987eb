// The SIMD target of this library, the best one of the processor.
#pragma once

#include <cstdint>
#include <string_view>

namespace residual_knn {

// For example "AVX3"; static.
const char* SimdTargetName();

// Whether the numbers that the target of this name computes have the same bits as those of the present one.
bool HasBitsOfSimdTarget(std::string_view name);

// For tests, while no other thread uses the library. From now on the library uses the best of these targets, given as
// Highway's bits; 0: its own choice again.
void UseSimdTargets(int64_t targets);

}  // namespace residual_knn
