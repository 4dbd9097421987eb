// Asks for memory before it is needed.
#pragma once

#include <cstdint>

namespace residual_knn {

// Cache lines of `bytes` bytes, to be read or written soon. Memory that was never touched is left alone.
void PrefetchLines(const void* memory, int64_t bytes);

}  // namespace residual_knn
