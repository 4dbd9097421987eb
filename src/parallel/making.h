// Decides which thread makes a value that several threads need, and which threads may wait for it.
//
// No thread waits for ever, whatever callbacks do and whenever a process is forked:
//
//   * A thread that makes a value, or that works for a thread that makes one, waits for no other value: it makes that
//     value itself. So a callback that runs while a value is made may search the same index, and two threads cannot
//     wait for each other.
//   * A claim of another process is ignored: the thread that took the claim does not exist in a forked child.
//   * No thread waits for a maker that stays in one callback: the callback may itself be waiting for that thread.
//
// There is no mutex and no condition variable: a mutex that another thread holds at a fork stays locked in the child.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace residual_knn {

// The right to make a value for all threads.
class Claim {
 public:
  // Takes the right, unless a thread of this process has it. True if the calling thread has it now.
  [[nodiscard]] bool Take();
  void Release() { owner_.store(0, std::memory_order_release); }

 private:
  friend class CallbackScope;
  friend class Patience;
  std::atomic<pid_t> owner_{0};  // the process of the holder; 0: there is none
  // Numbers of callbacks that have begun and that have ended since the claim was taken.
  std::atomic<uint32_t> entered_{0};
  std::atomic<uint32_t> left_{0};
};

// During its life the calling thread makes a value.
class MakingScope {
 public:
  // `claim` is null if the thread makes the value without a claim.
  explicit MakingScope(Claim* claim);
  ~MakingScope();
  MakingScope(const MakingScope&) = delete;
  MakingScope& operator=(const MakingScope&) = delete;

  // The innermost scope of this thread; null if there is none.
  [[nodiscard]] static MakingScope* Innermost();

 private:
  friend class CallbackScope;
  Claim* const claim_;
  MakingScope* const outer_;
};

// During its life the calling thread works for another thread, inside that thread's scope.
class WorkingScope {
 public:
  explicit WorkingScope(MakingScope* scope);
  ~WorkingScope();
  WorkingScope(const WorkingScope&) = delete;
  WorkingScope& operator=(const WorkingScope&) = delete;

 private:
  MakingScope* const outer_;
};

// During its life the calling thread runs a callback, a function of the library's caller.
class CallbackScope {
 public:
  CallbackScope();
  ~CallbackScope();
  CallbackScope(const CallbackScope&) = delete;
  CallbackScope& operator=(const CallbackScope&) = delete;

 private:
  Claim* const claim_;
};

// Waits for the holder of a claim.
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
