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

  // Any thread, where nothing has to be put in order first: polls if `polls`, which is for the calling thread, and
  // throws ERROR_CANCELLED if the work should end early.
  void LookAs(bool polls);

  // The same on the calling thread.
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

}  // namespace residual_knn
