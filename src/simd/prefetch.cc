#include "simd/prefetch.h"

#include "hwy/cache_control.h"

namespace residual_knn {

void PrefetchLines(const void* memory, int64_t bytes) {
  constexpr int64_t kLine = 64;
  const char* from = static_cast<const char*>(memory);
  for (int64_t i = 0; i < bytes; i += kLine) hwy::Prefetch(from + i);
}

}  // namespace residual_knn
