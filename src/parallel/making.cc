#include "parallel/making.h"

#include <unistd.h>

#include <algorithm>
#include <thread>

namespace residual_knn {
namespace {

thread_local MakingScope* innermost = nullptr;

constexpr std::chrono::microseconds kLongestPause{5'000};
// Longer callbacks are rare. They cost no more than making the value twice.
constexpr std::chrono::microseconds kLongCallback{100'000};

}  // namespace

bool Claim::Take() {
  const pid_t mine = getpid();
  pid_t owner = owner_.load(std::memory_order_acquire);
  if (owner == mine) return false;
  if (!owner_.compare_exchange_strong(owner, mine, std::memory_order_acq_rel)) return false;
  // The counts may be left over from callbacks of the parent process, if this process is a forked child.
  entered_.store(0, std::memory_order_relaxed);
  left_.store(0, std::memory_order_relaxed);
  return true;
}

MakingScope::MakingScope(Claim* claim) : claim_(claim), outer_(innermost) { innermost = this; }

MakingScope::~MakingScope() { innermost = outer_; }

MakingScope* MakingScope::Innermost() { return innermost; }

WorkingScope::WorkingScope(MakingScope* scope) : outer_(innermost) { innermost = scope; }

WorkingScope::~WorkingScope() { innermost = outer_; }

CallbackScope::CallbackScope() : claim_(innermost == nullptr ? nullptr : innermost->claim_) {
  if (claim_ != nullptr) claim_->entered_.fetch_add(1, std::memory_order_relaxed);
}

CallbackScope::~CallbackScope() {
  if (claim_ != nullptr) claim_->left_.fetch_add(1, std::memory_order_relaxed);
}

bool Patience::Wait() {
  std::this_thread::sleep_for(pause_);
  const uint32_t entered = claim_.entered_.load(std::memory_order_relaxed);
  const uint32_t left = claim_.left_.load(std::memory_order_relaxed);
  const bool same = entered != left && entered == entered_ && left == left_;
  in_callback_ = same ? in_callback_ + pause_ : std::chrono::microseconds{0};
  entered_ = entered;
  left_ = left;
  pause_ = std::min(2 * pause_, kLongestPause);
  return in_callback_ < kLongCallback;
}

}  // namespace residual_knn
