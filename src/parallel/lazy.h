// A value that is made when it is first needed, by whichever thread comes first, and then kept.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "parallel/monitor.h"

namespace residual_knn {

template <class T>
class Lazy {
 public:
  // make() returns a unique_ptr<T>. While another thread makes the value, waits, and polls if `polls`: that is
  // for the calling thread alone. If making fails or is cancelled, the next caller tries again.
  template <class Make>
  const T& Get(Monitor& monitor, bool polls, const Make& make) {
    std::unique_lock lock(mutex_);
    while (making_) {
      changed_.wait_for(lock, std::chrono::milliseconds(10));
      lock.unlock();
      if (polls) {
        monitor.Look();
      }
      lock.lock();
    }
    if (value_) return *value_;
    making_ = true;
    lock.unlock();
    std::unique_ptr<T> made;
    try {
      made = make();
    } catch (...) {
      lock.lock();
      making_ = false;
      changed_.notify_all();
      throw;
    }
    lock.lock();
    value_ = std::move(made);
    making_ = false;
    changed_.notify_all();
    return *value_;
  }

  // Hands the value over, if there is one; nobody else may use this meanwhile.
  [[nodiscard]] std::unique_ptr<T> Take() {
    const std::scoped_lock lock(mutex_);
    return std::move(value_);
  }
  // A value that need not be made.
  void Put(std::unique_ptr<T> value) {
    const std::scoped_lock lock(mutex_);
    value_ = std::move(value);
  }

  // The value, or null if nobody has made it yet.
  [[nodiscard]] const T* IfMade() {
    const std::scoped_lock lock(mutex_);
    return value_.get();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool making_ = false;
  std::unique_ptr<T> value_;
};

}  // namespace residual_knn
