// Lazy: one value for all threads, made once where nothing stands against it, and nobody waits for ever: not for a
// maker that waits for the waiter, nor for one that a fork has left behind.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "parallel/lazy.h"
#include "parallel/monitor.h"
#include "parallel/parallel_for.h"
#include "support/fork_beside_threads.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::Lazy;
using residual_knn::Monitor;
using residual_knn::ParallelFor;
using namespace std::chrono_literals;

constexpr unsigned kWatchdogSeconds = 20;
constexpr int kValue = 42;

std::unique_ptr<int> Made() { return std::make_unique<int>(kValue); }

bool OneValueForAll() {
  for (int round = 0; round < 50; ++round) {
    Lazy<int> lazy;
    std::atomic<int> makes = 0;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        Monitor monitor;
        const int& value = lazy.Get(monitor, [&] {
          ++makes;
          std::this_thread::sleep_for(2ms);
          return Made();
        });
        if (value != kValue || &value != lazy.IfMade()) ++wrong;
      });
    }
    for (std::thread& thread : threads) thread.join();
    if (makes != 1 || wrong != 0) {
      return Fail(std::to_string(makes) + " makes, " + std::to_string(wrong) + " wrong values");
    }
  }
  return true;
}

// The next caller tries again, also a caller that already waits.
bool FailuresAreForgotten() {
  Lazy<int> lazy;
  std::atomic<int> makes = 0;
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      Monitor monitor;
      try {
        lazy.Get(monitor, [&]() -> std::unique_ptr<int> {
          std::this_thread::sleep_for(2ms);
          if (++makes <= 3) throw std::runtime_error("no");
          return Made();
        });
      } catch (const std::runtime_error&) {
        ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return (failures == 3 && makes == 4 && lazy.IfMade() != nullptr) ||
         Fail(std::to_string(failures) + " failures of " + std::to_string(makes) + " makes");
}

// The construction needs its own value, at several depths, on its own thread or on that of a worker.
int GetNested(Lazy<int>& lazy, int depth, bool by_worker) {
  Monitor monitor;
  return lazy.Get(monitor, [&] {
    if (depth == 0) return Made();
    std::atomic<int> inner = 0;
    ParallelFor(by_worker ? 2 : 1, by_worker ? 2 : 1, monitor, [&](int64_t, int worker) {
      if (by_worker && worker == 0) {
        while (inner == 0) std::this_thread::yield();
      } else {
        inner = GetNested(lazy, depth - 1, by_worker);
      }
    });
    return std::make_unique<int>(inner.load());
  });
}

bool NestedMakingsHold() {
  for (int depth = 0; depth < 5; ++depth) {
    for (const bool by_worker : {false, true}) {
      Lazy<int> lazy;
      if (GetNested(lazy, depth, by_worker) != kValue) return Fail("another value");
      if (GetNested(lazy, 0, false) != kValue) return Fail("another value afterwards");
    }
  }
  return true;
}

// Two threads construct one value each, and need the value of the other thread for it.
bool CrossedMakingsHold() {
  for (int round = 0; round < 20; ++round) {
    Lazy<int> lazies[2];
    std::atomic<int> inside = 0;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&, i] {
        Monitor monitor;
        const int value = lazies[i].Get(monitor, [&] {
          ++inside;
          while (inside < 2) std::this_thread::yield();
          Monitor inner;
          return std::make_unique<int>(lazies[1 - i].Get(inner, Made));
        });
        if (value != kValue) ++wrong;
      });
    }
    for (std::thread& thread : threads) thread.join();
    if (wrong != 0) return Fail("another value");
  }
  return true;
}

// A callback during the construction waits for another thread, which needs the value.
struct Joiner {
  Lazy<int> lazy;
  bool entered = false;
  int value = 0;

  static int32_t Progress(void* user, int64_t, int64_t) {
    Joiner& joiner = *static_cast<Joiner*>(user);
    if (joiner.entered) return 0;
    joiner.entered = true;
    std::thread([&] {
      Monitor monitor;
      joiner.value = joiner.lazy.Get(monitor, Made);
    }).join();
    return 0;
  }
};

bool JoiningCallbackHolds() {
  Joiner joiner;
  Monitor monitor(Joiner::Progress, &joiner);
  joiner.lazy.Get(monitor, [&] {
    monitor.Poll();
    return Made();
  });
  return (joiner.entered && joiner.value == kValue) || Fail("the joined thread got no value");
}

// Other threads wait while callbacks return, however many there are.
bool ShortCallbacksAreWaitedFor() {
  Lazy<int> lazy;
  std::atomic<bool> inside = false;
  std::atomic<int> makes = 0;
  const auto quiet = [](void*, int64_t, int64_t) -> int32_t {
    std::this_thread::sleep_for(1ms);
    return 0;
  };
  std::thread maker([&] {
    Monitor monitor(quiet, nullptr);
    lazy.Get(monitor, [&] {
      ++makes;
      inside = true;
      for (int i = 0; i < 300; ++i) {
        const residual_knn::CallbackScope callback;
        std::this_thread::sleep_for(1ms);
      }
      return Made();
    });
  });
  while (!inside) std::this_thread::yield();
  Monitor monitor;
  lazy.Get(monitor, [&] {
    ++makes;
    return Made();
  });
  maker.join();
  return makes == 1 || Fail("made " + std::to_string(makes) + " times");
}

// Another thread that is inside the making of a value, from the constructor until Finish.
class HeldMaker {
 public:
  explicit HeldMaker(Lazy<int>& lazy)
      : thread_([this, &lazy] {
          Monitor monitor;
          lazy.Get(monitor, [this] {
            inside_ = true;
            while (!done_) std::this_thread::sleep_for(1ms);
            return Made();
          });
        }) {
    while (!inside_) std::this_thread::yield();
  }
  ~HeldMaker() { Finish(); }
  HeldMaker(const HeldMaker&) = delete;
  HeldMaker& operator=(const HeldMaker&) = delete;

  void Finish() {
    done_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::atomic<bool> inside_ = false;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

int CountCall(void* user, int64_t, int64_t) {
  ++*static_cast<int*>(user);
  return 1;
}

// A caller that waits on the calling thread gets callbacks, and may cancel.
bool WaitingPolls() {
  Lazy<int> lazy;
  HeldMaker maker(lazy);
  int calls = 0;
  Monitor monitor(CountCall, &calls);
  bool cancelled = false;
  try {
    lazy.Get(monitor, Made);
  } catch (const residual_knn::Error& error) {
    cancelled = error.status() == RESIDUAL_KNN_ERROR_CANCELLED;
  }
  maker.Finish();
  return (cancelled && calls == 1) || Fail("a waiting caller was not asked");
}

// The exit status of a child that runs `work`, -1 if it hung or was ended.
int InChild(const std::function<bool()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(kWatchdogSeconds);
    _exit(work() ? 0 : 1);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Children and grandchildren of a process whose other thread constructs the value.
bool ForkedChildrenMakeTheirOwn() {
  Lazy<int> lazy;
  HeldMaker maker(lazy);
  const auto get = [&] {
    Monitor monitor;
    return lazy.Get(monitor, Made) == kValue;
  };
  bool well = InChild(get) == 0;
  well = InChild([&] { return InChild(get) == 0 && get(); }) == 0 && well;
  if (lazy.IfMade() != nullptr) return Fail("the parent has the value too early");
  maker.Finish();
  return (well && get()) || Fail("a child did not get the value");
}

// A callback forks during the construction, and the child continues.
struct Forker {
  pid_t child = -1;

  static int32_t Progress(void* user, int64_t, int64_t) {
    Forker& forker = *static_cast<Forker*>(user);
    if (forker.child < 0) forker.child = fork();
    if (forker.child == 0) alarm(kWatchdogSeconds);
    return 0;
  }
};

bool ForkInCallbackHolds(int threads) {
  Lazy<int> lazy;
  Forker forker;
  Monitor monitor(Forker::Progress, &forker);
  bool got = false;
  bool refused = false;
  try {
    got = lazy.Get(monitor, [&] {
      std::atomic<int> started = 0;
      ParallelFor(threads, 50, monitor, [&](int64_t, int worker) {
        ++started;
        // All threads are at work before the process forks.
        while (started < threads && worker == 0) std::this_thread::yield();
        std::this_thread::sleep_for(1ms);
        if (worker == 0) monitor.Poll();
      });
      return Made();
    }) == kValue;
  } catch (const residual_knn::Error& error) {
    refused = error.status() == RESIDUAL_KNN_ERROR_CANCELLED;
  }
  if (forker.child == 0) {
    // After a failure, the next call succeeds.
    Monitor quiet;
    const bool again = lazy.Get(quiet, Made) == kValue;
    _exit((got != refused) && again && (threads > 1 || got) ? 0 : 1);
  }
  int status = 0;
  if (forker.child < 0 || waitpid(forker.child, &status, 0) != forker.child) return Fail("no fork");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return Fail("the child, " + std::to_string(threads) + " threads: status " +
                std::to_string(status));
  }
  return got || Fail("the parent did not get its value");
}

void TestOneValue(void**) { assert_true(OneValueForAll()); }
void TestFailures(void**) { assert_true(FailuresAreForgotten()); }
void TestNested(void**) { assert_true(NestedMakingsHold()); }
void TestCrossed(void**) { assert_true(CrossedMakingsHold()); }
void TestCallbacks(void**) {
  assert_true(JoiningCallbackHolds());
  assert_true(ShortCallbacksAreWaitedFor());
}
void TestWaiting(void**) { assert_true(WaitingPolls()); }
void TestForks(void**) { assert_true(ForkInCallbackHolds(1)); }
void TestForksBesideThreads(void**) {
  SkipForkBesideThreadsUnderQemu();
  assert_true(ForkedChildrenMakeTheirOwn());
#ifdef __SANITIZE_THREAD__
  print_message("with threads not checked: the sanitizer does not know such children\n");
#else
  assert_true(ForkInCallbackHolds(2));
  assert_true(ForkInCallbackHolds(4));
#endif
}

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
  alarm(10 * kWatchdogSeconds);
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestOneValue),  cmocka_unit_test(TestFailures),
      cmocka_unit_test(TestNested),    cmocka_unit_test(TestCrossed),
      cmocka_unit_test(TestCallbacks), cmocka_unit_test(TestWaiting),
      cmocka_unit_test(TestForks),     cmocka_unit_test(TestForksBesideThreads),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
