// Progress and cancellation of one call. Workers report work and ask whether to stop; only the
// calling thread runs the caller's callback.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "residual_knn.h"

namespace residual_knn {

// A part of a longer work: from `begin` up to `end` of `total` units. It has this many stages of its own.
struct WorkPart {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t total = 1;
  int stages = 1;
};

class Monitor {
 public:
  Monitor() = default;
  Monitor(residual_knn_progress progress, void* user) : progress_(progress), user_(user) {}

  // Calling thread only: starts a stage of `total` units. The fraction starts again at 0. Looks at once, so that the first
  // stage calls the callback, however short it is.
  void Start(int64_t total);

  // Calling thread only: the next stages are those of a part. The callback gets the units of the whole work, in which the
  // stages of the part have equal shares.
  void BeginPart(const WorkPart& part);

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

  // Units of the present stage: those that are done, and all.
  [[nodiscard]] int64_t done() const { return done_.load(std::memory_order_relaxed); }
  [[nodiscard]] int64_t total() const { return total_; }

 private:
  // What the callback gets.
  struct Report {
    int64_t done;
    int64_t total;
  };
  [[nodiscard]] Report Progress() const;

  residual_knn_progress progress_ = nullptr;
  void* user_ = nullptr;
  int64_t total_ = 1;
  std::optional<WorkPart> part_;
  int stages_begun_ = 0;  // of the part
  std::atomic<int64_t> done_{0};
  std::atomic<bool> stopped_{false};
  bool cancelled_ = false;
  std::chrono::steady_clock::time_point next_poll_{};
};

// The monitor for one thread. The calling thread runs the callback; the other threads only learn whether to stop.
class ThreadMonitor {
 public:
  // `worker` is the number of the thread in ParallelFor; 0 is the calling thread.
  ThreadMonitor(Monitor& monitor, int worker = 0)  // NOLINT(google-explicit-constructor)
      : monitor_(&monitor), is_calling_thread_(worker == 0) {}

  // Runs the callback if it is due. False if the work should end early.
  [[nodiscard]] bool GoOn() {
    if (is_calling_thread_) monitor_->Poll();
    return !monitor_->Stopped();
  }
  // The same, but throws ERROR_CANCELLED instead of returning false. For code that needs no cleaning up after an
  // exception.
  void Look();

  [[nodiscard]] bool Stopped() const { return monitor_->Stopped(); }
  void Advance(int64_t units) { monitor_->Advance(units); }

 private:
  Monitor* monitor_;
  bool is_calling_thread_;
};

}  // namespace residual_knn
