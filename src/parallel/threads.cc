#include "parallel/threads.h"

#include <sched.h>

#include <algorithm>
#include <thread>

namespace residual_knn {

int ResolveThreads(int requested) {
  if (requested > 0) return requested;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace residual_knn
