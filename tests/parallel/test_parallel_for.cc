// ParallelFor and Monitor: every index runs once; errors; cancellation; the thread and the time of callbacks.
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "base/error.h"
#include "parallel/monitor.h"
#include "parallel/parallel_for.h"
#include "parallel/threads.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::Monitor;
using residual_knn::ParallelFor;
using residual_knn::ResolveThreads;
using Clock = std::chrono::steady_clock;

constexpr int kMostThreads = 8;
// A time limit that is long enough for any machine, and short enough if a test hangs.
constexpr auto kPatience = std::chrono::seconds(20);

bool WaitFor(const std::function<bool()>& condition) {
  const auto deadline = Clock::now() + kPatience;
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// Records of the tasks of one ParallelFor.
class Log {
 public:
  explicit Log(int64_t count) : runs_(static_cast<size_t>(count)) {}

  void Record(int64_t index, int worker) {
    ++runs_.at(static_cast<size_t>(index));
    const std::scoped_lock lock(mutex_);
    Worker& w = workers_.at(static_cast<size_t>(worker));
    ascending_ = ascending_ && index > w.last_index;
    w.last_index = index;
    w.threads.insert(std::this_thread::get_id());
  }

  [[nodiscard]] bool EachIndexOnce() const {
    return std::all_of(runs_.begin(), runs_.end(), [](int n) { return n == 1; });
  }
  [[nodiscard]] int64_t total() const {
    int64_t sum = 0;
    for (const std::atomic<int>& n : runs_) sum += n;
    return sum;
  }
  [[nodiscard]] bool ascending() const { return ascending_; }
  // Worker 0 is this thread, each other worker is one other thread, and there are at most `threads` workers.
  [[nodiscard]] bool WorkersHold(int threads) const {
    std::set<std::thread::id> all;
    size_t used = 0;
    for (int worker = 0; worker < kMostThreads; ++worker) {
      const Worker& w = workers_[worker];
      if (w.threads.empty()) continue;
      if (worker >= threads || w.threads.size() != 1) return false;
      if ((worker == 0) != w.threads.contains(std::this_thread::get_id())) return false;
      all.insert(w.threads.begin(), w.threads.end());
      ++used;
    }
    return all.size() == used;
  }
  [[nodiscard]] bool OnlyWorkerZero() const {
    return std::all_of(workers_.begin() + 1, workers_.end(),
                       [](const Worker& w) { return w.threads.empty(); });
  }

 private:
  struct Worker {
    int64_t last_index = -1;
    std::set<std::thread::id> threads;
  };
  std::vector<std::atomic<int>> runs_;
  std::mutex mutex_;
  std::array<Worker, kMostThreads> workers_;
  bool ascending_ = true;
};

bool EachIndexRunsOnce() {
  for (int threads = 1; threads <= kMostThreads; ++threads) {
    for (const int64_t count : {0, 1, 2, 3, 7, 8, 9, 100, 5000}) {
      Log log(count);
      Monitor monitor;
      ParallelFor(threads, count, monitor,
                  [&](int64_t index, int worker) { log.Record(index, worker); });
      if (!log.EachIndexOnce() || !log.ascending() || !log.WorkersHold(threads)) {
        return Fail(std::to_string(count) + " indices with " + std::to_string(threads) +
                    " threads");
      }
    }
  }
  return true;
}

// A callback that is due is called before the first task, so that other threads cannot finish everything before it.
bool CallbackComesFirst() {
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> tasks = 0;
    int tasks_before = -1;
    std::function<void()> look = [&] {
      if (tasks_before < 0) tasks_before = tasks;  // on a busy machine, other calls follow
    };
    Monitor monitor(
        [](void* user, int64_t, int64_t) -> int32_t {
          (*static_cast<std::function<void()>*>(user))();
          return 0;
        },
        &look);
    ParallelFor(kMostThreads, 64, monitor, [&](int64_t, int) { ++tasks; });
    if (tasks_before != 0) return Fail("round " + std::to_string(round));
  }
  return true;
}

// The requested number of threads works at the same time.
bool ThreadsWorkTogether() {
  for (int threads = 1; threads <= kMostThreads; ++threads) {
    std::atomic<int> inside = 0;
    std::atomic<bool> met = true;
    Monitor monitor;
    ParallelFor(threads, threads, monitor, [&](int64_t, int) {
      ++inside;
      if (!WaitFor([&] { return inside == threads; })) met = false;
    });
    if (!met) return Fail(std::to_string(threads) + " threads never met");
  }
  return true;
}

struct Thrown {
  int64_t index;
};

// With one thread, the exception is that of the first index that throws, and no other index runs after it.
bool OneThreadStopsAtException() {
  Log log(10);
  Monitor monitor;
  try {
    ParallelFor(1, 10, monitor, [&](int64_t index, int worker) {
      log.Record(index, worker);
      if (index >= 3) throw Thrown{index};
    });
  } catch (const Thrown& thrown) {
    return (thrown.index == 3 && log.total() == 4) || Fail("tasks ran after an exception");
  }
  return Fail("the exception got lost");
}

// When all threads are in a task, the calling thread throws, or all others throw. The rest finish their tasks and throw
// later. No thread takes another task.
bool FirstExceptionIsRethrown(int threads, bool caller_throws) {
  std::atomic<int> inside = 0;
  std::atomic<int64_t> finished = 0;
  std::atomic<int64_t> started = 0;
  Monitor monitor;
  try {
    ParallelFor(threads, 1'000'000, monitor, [&](int64_t, int worker) {
      ++started;
      ++inside;
      if (!WaitFor([&] { return inside >= threads; })) throw std::runtime_error("never met");
      if ((worker == 0) == caller_throws) {
        ++finished;
        throw Thrown{worker};
      }
      if (!WaitFor([&] { return monitor.Stopped(); })) throw std::runtime_error("never stopped");
      ++finished;
      throw std::runtime_error("too late to be the first");
    });
  } catch (const Thrown& thrown) {
    if ((thrown.index == 0) != caller_throws) return Fail("another exception came out");
    // Every task that began has ended before the exception left ParallelFor.
    return (started == finished && started <= threads) || Fail("tasks were left behind");
  }
  return Fail("the exception got lost");
}

bool ExceptionsHold() {
  for (int threads = 2; threads <= kMostThreads; ++threads) {
    for (const bool caller_throws : {false, true}) {
      if (!FirstExceptionIsRethrown(threads, caller_throws)) {
        return Fail(std::to_string(threads) + " threads, thrown by " +
                    (caller_throws ? "the calling thread" : "the others"));
      }
    }
  }
  return true;
}

// Exceptions of any type, from every task at once.
bool CrowdsOfExceptionsHold() {
  for (int repeat = 0; repeat < 50; ++repeat) {
    Monitor monitor;
    try {
      ParallelFor(kMostThreads, 1000, monitor, [](int64_t index, int) -> void { throw index; });
      return Fail("the exceptions got lost");
    } catch (const int64_t index) {
      if (index < 0 || index >= kMostThreads) return Fail("index " + std::to_string(index));
    }
  }
  return true;
}

// The caller's callback: it counts its calls and cancels at a given call.
struct Caller {
  std::thread::id thread = std::this_thread::get_id();
  int64_t cancel_at = -1;
  int64_t calls = 0;
  int64_t last_done = 0;
  bool elsewhere = false;
  bool out_of_range = false;
  bool backwards = false;

  static int32_t Call(void* user, int64_t done, int64_t total) {
    Caller& caller = *static_cast<Caller*>(user);
    caller.elsewhere = caller.elsewhere || std::this_thread::get_id() != caller.thread;
    caller.out_of_range = caller.out_of_range || done < 0 || done > total || total < 1;
    caller.backwards = caller.backwards || done < caller.last_done;
    caller.last_done = done;
    return ++caller.calls == caller.cancel_at ? 1 : 0;
  }
  [[nodiscard]] bool Holds() const {
    return (!elsewhere && !out_of_range && !backwards) ||
           Fail("callback: " + std::string(elsewhere ? "on another thread " : "") +
                (out_of_range ? "done beyond total " : "") + (backwards ? "done went back" : ""));
  }
};

// Tasks report more and less than the total. The callback gets the reports on the calling thread.
bool CallbackHolds() {
  for (int threads = 1; threads <= kMostThreads; ++threads) {
    Caller caller;
    Monitor monitor(Caller::Call, &caller);
    monitor.Start(100);
    ParallelFor(threads, 100, monitor, [&](int64_t, int worker) {
      std::this_thread::sleep_for(std::chrono::milliseconds(threads));
      monitor.Advance(2);
      if (worker == 0) monitor.Poll();
    });
    if (!caller.Holds() || caller.calls < 2) {
      return Fail(std::to_string(caller.calls) + " calls with " + std::to_string(threads) +
                  " threads");
    }
  }
  return true;
}

// A stage without work has a total of at least 1.
bool EmptyStageHolds() {
  Caller caller;
  Monitor monitor(Caller::Call, &caller);
  monitor.Start(0);
  monitor.Poll();
  return caller.Holds() && (caller.calls == 1 || Fail("the first poll was not heard"));
}

// The callback is called about every 50 ms, not at every poll.
bool PollsAreSpaced() {
  Caller caller;
  Monitor monitor(Caller::Call, &caller);
  monitor.Start(1);
  const auto begin = Clock::now();
  while (Clock::now() - begin < std::chrono::milliseconds(120)) monitor.Poll();
  const auto elapsed = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  const auto most = static_cast<int64_t>(elapsed / 50) + 1;
  return (caller.calls >= 2 && caller.calls <= most) ||
         Fail(std::to_string(caller.calls) + " calls in " + std::to_string(elapsed) + " ms");
}

bool IsCancelled(const std::function<void()>& call) {
  try {
    call();
  } catch (const residual_knn::Error& error) {
    return error.status() == RESIDUAL_KNN_ERROR_CANCELLED;
  }
  return false;
}

// A stage that the callback cancels at its start does not begin.
bool CancelAtStartHolds() {
  Caller caller;
  caller.cancel_at = 1;
  Monitor monitor(Caller::Call, &caller);
  return (IsCancelled([&] { monitor.Start(10); }) && monitor.Stopped() && caller.calls == 1) ||
         Fail("the start of a stage was not cancelled");
}

// Cancelled at the first call after the start, all threads stop before the work is done.
bool CancelStops() {
  for (int threads = 1; threads <= kMostThreads; ++threads) {
    Caller caller;
    caller.cancel_at = 2;
    Monitor monitor(Caller::Call, &caller);
    monitor.Start(1'000'000);
    std::atomic<int64_t> started = 0;
    std::atomic<int64_t> finished = 0;
    const bool cancelled = IsCancelled([&] {
      ParallelFor(threads, 1'000'000, monitor, [&](int64_t, int) {
        ++started;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ++finished;
      });
    });
    if (!cancelled || !monitor.Stopped() || caller.calls != 2 || !caller.Holds()) {
      return Fail("not cancelled with " + std::to_string(threads) + " threads");
    }
    if (started != finished || started > 100'000) {
      return Fail(std::to_string(started) + " tasks after cancellation");
    }
    // The next stages of the same call do not begin.
    if (!IsCancelled(
            [&] { ParallelFor(threads, 10, monitor, [&](int64_t, int) { ++started; }); }) ||
        started != finished) {
      return Fail("a stage began after cancellation");
    }
  }
  return true;
}

// The calling thread has no more work, and must still call the callback while others work.
bool CancelReachesOthers() {
  Caller caller;
  caller.cancel_at = 3;
  Monitor monitor(Caller::Call, &caller);
  monitor.Start(2);
  std::atomic<bool> stopped = true;
  std::atomic<int> inside = 0;
  const bool cancelled = IsCancelled([&] {
    ParallelFor(2, 2, monitor, [&](int64_t, int worker) {
      ++inside;
      if (!WaitFor([&] { return inside == 2; })) stopped = false;
      if (worker == 1 && !WaitFor([&] { return monitor.Stopped(); })) stopped = false;
    });
  });
  return (cancelled && stopped && caller.calls == 3 && caller.Holds()) ||
         Fail("a waiting caller could not cancel");
}

// Threads with a stack larger than the address space cannot start.
class HugeStacks {
 public:
  HugeStacks() {
    pthread_getattr_default_np(&usual_);
    pthread_attr_t huge;
    pthread_getattr_default_np(&huge);
    pthread_attr_setstacksize(&huge, size_t{1} << 60);
    pthread_setattr_default_np(&huge);
    pthread_attr_destroy(&huge);
  }
  HugeStacks(const HugeStacks&) = delete;
  HugeStacks& operator=(const HugeStacks&) = delete;
  ~HugeStacks() {
    pthread_setattr_default_np(&usual_);
    pthread_attr_destroy(&usual_);
  }

 private:
  pthread_attr_t usual_;
};

bool ThreadCanStart() {
  try {
    std::thread([] {}).join();
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

bool MissingThreadsHold() {
  Log log(500);
  Monitor monitor;
  {
    const HugeStacks no_more_threads;
    if (ThreadCanStart()) return Fail("threads start although their stacks cannot exist");
    ParallelFor(kMostThreads, 500, monitor,
                [&](int64_t index, int worker) { log.Record(index, worker); });
  }
  if (!ThreadCanStart()) return Fail("threads do not start again");
  return (log.EachIndexOnce() && log.ascending() && log.OnlyWorkerZero()) ||
         Fail("without threads the work was not done by the caller");
}

bool ResolveHolds() {
  for (const int threads : {1, 2, 7, 1000}) {
    if (ResolveThreads(threads) != threads) return Fail("ResolveThreads of a number");
  }
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return Fail("no affinity to read");
  if (ResolveThreads(0) != CPU_COUNT(&allowed)) return Fail("ResolveThreads(0)");
  // With one allowed processor, there is one thread.
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &one);
  }
  sched_setaffinity(0, sizeof one, &one);
  const int resolved = ResolveThreads(0);
  sched_setaffinity(0, sizeof allowed, &allowed);
  return resolved == 1 || Fail("ResolveThreads(0) on one processor is " + std::to_string(resolved));
}

void TestIndices(void**) { assert_true(EachIndexRunsOnce()); }
void TestCallbackComesFirst(void**) { assert_true(CallbackComesFirst()); }
void TestThreadsWorkTogether(void**) { assert_true(ThreadsWorkTogether()); }
void TestExceptions(void**) {
  assert_true(OneThreadStopsAtException());
  assert_true(ExceptionsHold());
  assert_true(CrowdsOfExceptionsHold());
}
void TestCallback(void**) {
  assert_true(CallbackHolds());
  assert_true(EmptyStageHolds());
  assert_true(PollsAreSpaced());
}
void TestCancel(void**) {
  assert_true(CancelAtStartHolds());
  assert_true(CancelStops());
  assert_true(CancelReachesOthers());
}
void TestMissingThreads(void**) { assert_true(MissingThreadsHold()); }
void TestResolve(void**) { assert_true(ResolveHolds()); }

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestIndices),
      cmocka_unit_test(TestCallbackComesFirst),
      cmocka_unit_test(TestThreadsWorkTogether),
      cmocka_unit_test(TestExceptions),
      cmocka_unit_test(TestCallback),
      cmocka_unit_test(TestCancel),
      cmocka_unit_test(TestMissingThreads),
      cmocka_unit_test(TestResolve),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
