// Prefetches memory.
#pragma once

#include <cstdint>

namespace residual_knn {

// Prefetches the cache lines of `bytes` bytes, which will be read or written soon. Does not allocate pages that were
// never touched.
void PrefetchLines(const void* memory, int64_t bytes);

}  // namespace residual_knn
