// A value that is made when it is first needed, by whichever thread comes first, and then kept.
#pragma once

#include <atomic>
#include <memory>

#include "parallel/making.h"
#include "parallel/monitor.h"

namespace residual_knn {

// Who makes and who waits: making.h. Now and then a value is made twice; both are the same, and the first is kept.
template <class T>
class Lazy {
 public:
  Lazy() = default;
  Lazy(const Lazy&) = delete;
  Lazy& operator=(const Lazy&) = delete;
  ~Lazy() { Take().reset(); }

  // make() returns a unique_ptr<T>, always of the same value. While another thread makes it, waits and
  // looks at the monitor. If making fails or is cancelled, the next caller tries again.
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

  // Hands the value over, if there is one; nobody else may use this meanwhile.
  [[nodiscard]] std::unique_ptr<T> Take() {
    return std::unique_ptr<T>(value_.exchange(nullptr, std::memory_order_acquire));
  }
  // A value that need not be made; nobody else may use this meanwhile.
  void Put(std::unique_ptr<T> value) {
    Take().reset();
    value_.store(value.release(), std::memory_order_release);
  }

  // The value, or null if nobody has made it yet.
  [[nodiscard]] const T* IfMade() const { return value_.load(std::memory_order_acquire); }

 private:
  struct Released {
    Claim& claim;
    ~Released() { claim.Release(); }
  };

  template <class Make>
  const T& Keep(const Make& make, Claim* claim) {
    // Somebody may have kept a value and released the claim just now.
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
