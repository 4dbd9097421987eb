#include "parallel/monitor.h"

#include <algorithm>

#include "base/error.h"
#include "parallel/making.h"

namespace residual_knn {

namespace {

[[noreturn]] void ThrowCancelled() {
  throw Error(RESIDUAL_KNN_ERROR_CANCELLED, "the progress callback cancelled the call");
}

}  // namespace

void Monitor::Start(int64_t total) {
  total_ = std::max<int64_t>(total, 1);
  done_.store(0, std::memory_order_relaxed);
  Look();
}

void Monitor::Poll() {
  if (progress_ == nullptr || cancelled_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_poll_) return;
  const int64_t done = std::min(done_.load(std::memory_order_relaxed), total_);
  const bool stop = [&] {
    const CallbackScope scope;
    return progress_(user_, done, total_) != 0;
  }();
  if (stop) {
    cancelled_ = true;
    Stop();
  }
  // The interval begins at the end of the callback, so that a slow callback does not take most of the time of the
  // call.
  next_poll_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
}

void Monitor::ThrowIfCancelled() const {
  if (cancelled_) ThrowCancelled();
}

void ThreadMonitor::Look() {
  if (!GoOn()) ThrowCancelled();
}

}  // namespace residual_knn
