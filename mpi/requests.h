// Waits for messages of MPI without using the processor. MPI itself waits in a loop, which would take a core from the
// processes that still work.
#pragma once

#include <mpi.h>

#include <functional>
#include <span>
#include <string>

namespace residual_knn::mpi {

// Throws a Failure that names the call unless `code` is MPI_SUCCESS.
void CheckMpi(int code, const char* call);

// Sleeps until the request is complete. Calls `meanwhile` now and then, unless it is empty.
void WaitAsleep(MPI_Request* request, const std::function<void()>& meanwhile = {});

// Waits until all requests are complete. For transfers that all processes have begun: sleeps little. `meanwhile` as
// above.
void WaitForTransfer(std::span<MPI_Request> requests, const std::function<void()>& meanwhile = {});

// Sleeps for a moment, longer with every call.
class Pause {
 public:
  void Sleep();

 private:
  int microseconds_ = 0;
};

}  // namespace residual_knn::mpi
