// A value that is made when it is first needed, by whichever thread comes first, and then kept.
#pragma once

#include <atomic>
#include <memory>

#include "parallel/making.h"
#include "parallel/monitor.h"

namespace residual_knn {

// making.h explains which thread makes the value and which threads wait for it. In rare cases a value is made twice.
// Both are the same, and the first is kept.
template <class T>
class Lazy {
 public:
  Lazy() = default;
  Lazy(const Lazy&) = delete;
  Lazy& operator=(const Lazy&) = delete;
  ~Lazy() { Take().reset(); }

  // The value, made by make() if there is none yet. make() returns a unique_ptr<T>, always of the same value. While
  // another thread makes the value, the calling thread waits and looks at the monitor. If making fails or is
  // cancelled, the next caller tries again.
  template <class Make>
  const T& Get(ThreadMonitor monitor, const Make& make) {
    Patience patience(claim_);
    bool waits = MakingScope::Innermost() == nullptr;
    while (true) {
      if (const T* value = IfMade()) return *value;
      if (claim_.Take()) {
        const Released released{claim_};
        return Keep(make, &claim_);
      }
      if (!waits) return Keep(make, nullptr);
      waits = patience.Wait();
      monitor.Look();
    }
  }

  // Moves the value to the caller; null if there is none. No other thread may use this object meanwhile.
  [[nodiscard]] std::unique_ptr<T> Take() {
    return std::unique_ptr<T>(value_.exchange(nullptr, std::memory_order_acquire));
  }
  // Stores a value that is already made. No other thread may use this object meanwhile.
  void Put(std::unique_ptr<T> value) {
    Take().reset();
    value_.store(value.release(), std::memory_order_release);
  }

  // The value, or null if it is not made yet.
  [[nodiscard]] const T* IfMade() const { return value_.load(std::memory_order_acquire); }

 private:
  struct Released {
    Claim& claim;
    ~Released() { claim.Release(); }
  };

  template <class Make>
  const T& Keep(const Make& make, Claim* claim) {
    // Another thread may have kept a value and released the claim just now.
    if (const T* value = IfMade()) return *value;
    std::unique_ptr<T> made;
    {
      const MakingScope scope(claim);
      made = make();
    }
    T* kept = nullptr;
    if (value_.compare_exchange_strong(kept, made.get(), std::memory_order_acq_rel)) {
      return *made.release();
    }
    return *kept;
  }

  Claim claim_;
  std::atomic<T*> value_{nullptr};
};

}  // namespace residual_knn
