// Progress and cancellation of one call. Workers report work and ask whether to stop; only the
// calling thread runs the caller's callback.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "residual_knn.h"

namespace residual_knn {

class Monitor {
 public:
  Monitor() = default;
  Monitor(residual_knn_progress progress, void* user) : progress_(progress), user_(user) {}

  // Starts a stage of `total` units; the fraction starts again at 0.
  void Start(int64_t total);

  // Any thread: `units` more are done.
  void Advance(int64_t units) { done_.fetch_add(units, std::memory_order_relaxed); }

  // Any thread: true once the work should end early (cancelled, or a worker failed).
  [[nodiscard]] bool Stopped() const { return stopped_.load(std::memory_order_relaxed); }
  void Stop() { stopped_.store(true, std::memory_order_relaxed); }

  // Calling thread only: runs the callback if it is due.
  void Poll();

  // Calling thread only: throws ERROR_CANCELLED if the callback asked to stop.
  void ThrowIfCancelled() const;

  // Calling thread only: runs the callback if it is due, and throws ERROR_CANCELLED if it has asked to stop.
  void Look() {
    Poll();
    ThrowIfCancelled();
  }

  // Of the present stage.
  [[nodiscard]] int64_t done() const { return done_.load(std::memory_order_relaxed); }
  [[nodiscard]] int64_t total() const { return total_; }

 private:
  residual_knn_progress progress_ = nullptr;
  void* user_ = nullptr;
  int64_t total_ = 1;
  std::atomic<int64_t> done_{0};
  std::atomic<bool> stopped_{false};
  bool cancelled_ = false;
  std::chrono::steady_clock::time_point next_poll_{};
};

// The monitor as one thread may use it: the calling thread runs the callback, all others only see whether to stop.
class ThreadMonitor {
 public:
  // A Monitor without a worker is the calling thread's, which is worker 0 of ParallelFor.
  ThreadMonitor(Monitor& monitor, int worker = 0)  // NOLINT(google-explicit-constructor)
      : monitor_(&monitor), is_calling_thread_(worker == 0) {}

  // Runs the callback if it is due. False if the work should end early.
  [[nodiscard]] bool GoOn() {
    if (is_calling_thread_) monitor_->Poll();
    return !monitor_->Stopped();
  }
  // The same, but throws ERROR_CANCELLED. For code that leaves nothing behind that must be put in order.
  void Look();

  [[nodiscard]] bool Stopped() const { return monitor_->Stopped(); }
  void Advance(int64_t units) { monitor_->Advance(units); }

 private:
  Monitor* monitor_;
  bool is_calling_thread_;
};

}  // namespace residual_knn
