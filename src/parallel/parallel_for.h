// Runs independent tasks on a few threads that live as long as the call. No pool of threads outlives the call. So the
// library has no threads when the process forks, when the library is unloaded, or when a host counts its threads.
#pragma once

#include <cstdint>
#include <functional>

#include "parallel/monitor.h"

namespace residual_knn {

// Ends a call in a child process that a callback has forked.
[[noreturn]] void ThrowForked();

// Calls task(index, worker) once for each index in [0, count), workers 0 <= worker < threads;
// worker 0 is the calling thread, and the only one if a thread cannot be started. Indices are taken
// in ascending order. Ends early when the monitor is stopped. Rethrows the first exception of a
// task, and throws ERROR_CANCELLED if the callback cancelled. Tasks that last longer than some 10
// ms should look at ThreadMonitor(monitor, worker).
void ParallelFor(int threads, int64_t count, Monitor& monitor,
                 const std::function<void(int64_t index, int worker)>& task);

}  // namespace residual_knn
