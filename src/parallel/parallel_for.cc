#include "parallel/parallel_for.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/assert.h"
#include "base/error.h"
#include "parallel/making.h"

namespace residual_knn {

void ThrowForked() {
  throw Error(RESIDUAL_KNN_ERROR_CANCELLED,
              "a callback forked this process: the call can only go on in the parent");
}

namespace {

// The state that the workers of one ParallelFor share.
class Crew {
 public:
  Crew(int64_t count, Monitor& monitor, const std::function<void(int64_t, int)>& task)
      : count_(count), monitor_(monitor), task_(task) {}

  void Work(int worker) {
    try {
      while (!monitor_.Stopped()) {
        const int64_t index = next_.fetch_add(1, std::memory_order_relaxed);
        if (index >= count_) break;
        if (worker == 0) {
          monitor_.Poll();
          if (monitor_.Stopped() || OthersAreLost()) break;
        }
        task_(index, worker);
      }
    } catch (...) {
      if (!failed_.exchange(true)) failure_ = std::current_exception();
      monitor_.Stop();
    }
  }

  void Enter() {
    const std::scoped_lock lock(mutex_);
    ++running_;
    has_others_ = true;
  }

  void Leave() {
    const std::scoped_lock lock(mutex_);
    --running_;
    idle_.notify_all();
  }

  // True in a child process that a callback has forked. The other threads exist only in the parent: in the child
  // their tasks stay unfinished and their locks locked.
  [[nodiscard]] bool OthersAreLost() const { return has_others_ && getpid() != process_; }

  // The calling thread runs the callback while the others finish. It does not wait for threads that are lost.
  void WaitForOthers() {
    if (OthersAreLost()) return;
    std::unique_lock lock(mutex_);
    while (!idle_.wait_for(lock, std::chrono::milliseconds(10), [this] { return running_ == 0; })) {
      lock.unlock();
      monitor_.Poll();
      if (OthersAreLost()) return;
      lock.lock();
    }
  }

  void RethrowFailure() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  const int64_t count_;
  Monitor& monitor_;
  const std::function<void(int64_t, int)>& task_;
  std::atomic<int64_t> next_{0};
  std::mutex mutex_;
  std::condition_variable idle_;
  const pid_t process_ = getpid();
  bool has_others_ = false;
  int running_ = 0;
  std::atomic<bool> failed_{false};
  std::exception_ptr failure_;
};

}  // namespace

void ParallelFor(int threads, int64_t count, Monitor& monitor,
                 const std::function<void(int64_t, int)>& task) {
  RESIDUAL_KNN_ASSERT(threads >= 1 && count >= 0);
  // Before any thread starts, because the others may finish all tasks before the calling thread has begun one.
  if (count > 0) monitor.Poll();
  Crew crew(count, monitor, task);
  const int others = static_cast<int>(std::min<int64_t>(threads, count)) - 1;
  std::vector<std::jthread> crew_threads;
  crew_threads.reserve(std::max(others, 0));
  MakingScope* const making = MakingScope::Innermost();
  for (int worker = 1; worker <= others; ++worker) {
    crew.Enter();
    try {
      crew_threads.emplace_back([&crew, making, worker] {
        const WorkingScope scope(making);
        crew.Work(worker);
        crew.Leave();
      });
    } catch (
        const std::exception&) {  // no thread, or no memory for one: those that started do the work
      crew.Leave();
      break;
    }
  }
  crew.Work(0);
  crew.WaitForOthers();
  if (crew.OthersAreLost()) {
    for (std::jthread& thread : crew_threads) thread.detach();
    ThrowForked();
  }
  crew_threads.clear();
  crew.RethrowFailure();
  monitor.ThrowIfCancelled();
}

}  // namespace residual_knn
