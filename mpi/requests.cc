#include "mpi/requests.h"

#include <sched.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "mpi/failure.h"

namespace residual_knn::mpi {
namespace {

constexpr int kFirstPause = 20;      // microseconds
constexpr int kLongestPause = 2000;  // microseconds
constexpr int kTransferPause = 50;   // microseconds
constexpr int kTriesAwake = 20;

}  // namespace

void CheckMpi(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  throw Failure(RESIDUAL_KNN_ERROR_INTERNAL,
                std::string(call) + ": " + std::string(text.data(), static_cast<size_t>(length)));
}

void Pause::Sleep() {
  microseconds_ = std::clamp(microseconds_ * 3 / 2, kFirstPause, kLongestPause);
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds_));
}

void WaitAsleep(MPI_Request* request, const std::function<void()>& meanwhile) {
  Pause pause;
  for (int done = 0;;) {
    CheckMpi(MPI_Test(request, &done, MPI_STATUS_IGNORE), "MPI_Test");
    if (done != 0) return;
    if (meanwhile) meanwhile();
    pause.Sleep();
  }
}

void WaitForTransfer(std::span<MPI_Request> requests, const std::function<void()>& meanwhile) {
  int tries = 0;
  for (int done = 0; done == 0; ++tries) {
    CheckMpi(
        MPI_Testall(static_cast<int>(requests.size()), requests.data(), &done, MPI_STATUSES_IGNORE),
        "MPI_Testall");
    if (done != 0) return;
    if (meanwhile) meanwhile();
    // The other side may not have a core.
    if (tries < kTriesAwake) {
      sched_yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(kTransferPause));
    }
  }
}

}  // namespace residual_knn::mpi
