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
  ++stages_begun_;
  Look();
}

void Monitor::BeginPart(const WorkPart& part) {
  part_ = part;
  stages_begun_ = 0;
  total_ = 1;
  done_.store(0, std::memory_order_relaxed);
}

Monitor::Report Monitor::Progress() const {
  const int64_t done = std::min(done_.load(std::memory_order_relaxed), total_);
  if (!part_) return {done, total_};
  const int before = std::clamp(stages_begun_ - 1, 0, part_->stages);
  const double stages = before + static_cast<double>(done) / static_cast<double>(total_);
  const double share = std::min(stages / part_->stages, 1.0);
  const int64_t size = part_->end - part_->begin;
  const auto of_part = static_cast<int64_t>(share * static_cast<double>(size));
  return {part_->begin + std::min(of_part, size), part_->total};
}

void Monitor::Poll() {
  if (progress_ == nullptr || cancelled_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_poll_) return;
  const Report report = Progress();
  const bool stop = [&] {
    const CallbackScope scope;
    return progress_(user_, report.done, report.total) != 0;
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
