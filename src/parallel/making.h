// Who makes a value that several threads want, and who may wait for whom.
//
// Nobody waits for ever, whatever callbacks do and wherever a process is forked:
//
//   * A thread that is inside the making of a value, or works for one that is, waits for no other value: it makes its
//     own. So a callback that runs during a making may search the same index, and two threads cannot wait for each
//     other.
//   * A claim of another process is stale: its thread does not exist in a forked child.
//   * A maker that stays in a callback is not waited for: the callback may itself wait for the thread that waits.
//
// No mutex and no condition variable: one that another thread holds at a fork stays locked in the child.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace residual_knn {

// The right to make a value for everybody.
class Claim {
 public:
  // True if the calling thread has it now.
  [[nodiscard]] bool Take();
  void Release() { owner_.store(0, std::memory_order_release); }

 private:
  friend class CallbackScope;
  friend class Patience;
  std::atomic<pid_t> owner_{0};  // the process; 0: nobody
  // Callbacks of the making that have begun, and that have ended.
  std::atomic<uint32_t> entered_{0};
  std::atomic<uint32_t> left_{0};
};

// During its life the calling thread makes a value.
class MakingScope {
 public:
  // With the claim, or without one: null.
  explicit MakingScope(Claim* claim);
  ~MakingScope();
  MakingScope(const MakingScope&) = delete;
  MakingScope& operator=(const MakingScope&) = delete;

  // The innermost one of this thread, null if there is none.
  [[nodiscard]] static MakingScope* Innermost();

 private:
  friend class CallbackScope;
  Claim* const claim_;
  MakingScope* const outer_;
};

// During its life the calling thread works for another thread, inside the scope that this has.
class WorkingScope {
 public:
  explicit WorkingScope(MakingScope* scope);
  ~WorkingScope();
  WorkingScope(const WorkingScope&) = delete;
  WorkingScope& operator=(const WorkingScope&) = delete;

 private:
  MakingScope* const outer_;
};

// During its life the calling thread is in a function of the caller.
class CallbackScope {
 public:
  CallbackScope();
  ~CallbackScope();
  CallbackScope(const CallbackScope&) = delete;
  CallbackScope& operator=(const CallbackScope&) = delete;

 private:
  Claim* const claim_;
};

// The waiting of a thread for the holder of a claim.
class Patience {
 public:
  explicit Patience(const Claim& claim) : claim_(claim) {}

  // Sleeps, longer each time. False once the holder has been in the same callback for too long.
  [[nodiscard]] bool Wait();

 private:
  const Claim& claim_;
  std::chrono::microseconds pause_{20};
  uint32_t entered_ = 0;
  uint32_t left_ = 0;
  std::chrono::microseconds in_callback_{0};
};

}  // namespace residual_knn
