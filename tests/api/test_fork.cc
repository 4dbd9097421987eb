// A process forks while its threads search an index for the first time, as with R's mclapply and Python's
// multiprocessing. Every child must end with the same bytes. The same holds for a child that a callback forks.
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "support/api_objects.h"
#include "support/fork_beside_threads.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr unsigned kWatchdogSeconds = 60;
constexpr int kSearchers = 3;
constexpr int64_t kChildrenOfIndex = 8;

// Threads of a search in a child.
#ifdef __SANITIZE_THREAD__
constexpr int32_t kChildThreads = 1;  // the sanitizer allows no others
#else
constexpr int32_t kChildThreads = 2;
#endif

Model DrawForkModel(uint64_t seed, int64_t n) {
  Random random(seed);
  Model model;
  model.kernel.lengthscales = {0.3};
  model.points = RandomPoints(random, Shape::kUniform, n, 2);
  model.inducing = RandomRowsOf(random, model.points, 32);
  return model;
}

struct Case {
  Question question;
  Answer expected;
};

std::vector<Case> DrawCases(uint64_t seed, const Model& model) {
  Random random(seed);
  const int64_t n = model.points.n;
  std::vector<Case> cases(3);
  cases[0].question.rows = RandomRowNumbers(random, n, 300);
  cases[1].question.kind = QueryKind::kPredecessors;
  cases[1].question.rows = RandomRowNumbers(random, n, 200);
  cases[2].question.kind = QueryKind::kNewPoints;
  cases[2].question.queries = RandomPoints(random, Shape::kUniform, 100, model.points.d);
  const CreatedIndex created = CreateIndex(model);
  Manner manner;
  manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  for (Case& each : cases) {
    each.question.k = 6;
    each.expected = Ask(created.index.get(), each.question, manner);
  }
  return cases;
}

// Every question with every strategy, starting with the given strategy.
bool AllHold(const residual_knn_index* index, const std::vector<Case>& cases, int64_t first,
             int32_t threads) {
  bool same = true;
  constexpr auto kCount = static_cast<int64_t>(std::size(kAllStrategies));
  for (int64_t i = 0; i < kCount; ++i) {
    Manner manner;
    manner.strategy = kAllStrategies[(first + i) % kCount];
    manner.threads = threads;
    for (const Case& each : cases) {
      same = same && Ask(index, each.question, manner).SameAs(each.expected);
    }
  }
  return same;
}

bool ChildIsWell(pid_t child) {
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return Fail("fork");
  if (WIFSIGNALED(status)) {
    return Fail("a child was ended by signal " + std::to_string(WTERMSIG(status)) +
                (WTERMSIG(status) == SIGALRM ? ": it hung" : ""));
  }
  return WEXITSTATUS(status) == 0 ||
         Fail("a child got another answer, exit " + std::to_string(WEXITSTATUS(status)));
}

bool ColdIndexHolds(const Model& model, const std::vector<Case>& cases, Random& random) {
  const CreatedIndex created = CreateIndex(model);
  const residual_knn_index* index = created.index.get();
  std::atomic<int> wrong = 0;
  std::vector<std::thread> searchers;
  for (int i = 0; i < kSearchers; ++i) {
    searchers.emplace_back([&, first = random.Integer(0, 5), threads = 1 + i % 2] {
      if (!AllHold(index, cases, first, threads)) ++wrong;
    });
  }
  std::vector<pid_t> children;
  for (int64_t i = 0; i < kChildrenOfIndex; ++i) {
    std::this_thread::sleep_for(std::chrono::microseconds(random.LogInteger(1, 20'000)));
    const int64_t first = random.Integer(0, 5);
    const pid_t child = fork();
    if (child == 0) {
      alarm(kWatchdogSeconds);
      _exit(AllHold(index, cases, first, kChildThreads) ? 0 : 1);
    }
    children.push_back(child);
  }
  for (std::thread& searcher : searchers) searcher.join();
  bool well = true;
  for (const pid_t child : children) well = ChildIsWell(child) && well;
  return well && (wrong == 0 || Fail("the parent got another answer"));
}

bool StormHolds(const TestRun& run) {
  const Model model = DrawForkModel(run.seed, 800);
  const std::vector<Case> cases = DrawCases(run.seed, model);
  Random random(run.seed);
  const int64_t indices = run.Scaled(30);
  for (int64_t i = 0; i < indices; ++i) {
    if (!ColdIndexHolds(model, cases, random)) return Fail(run.seed, "index " + std::to_string(i));
  }
  std::printf("%lld children of %lld cold indices\n",
              static_cast<long long>(indices * kChildrenOfIndex), static_cast<long long>(indices));
  return true;
}

// Forks at one of its calls. The child then searches the same index, or continues the call.
struct Forker {
  const residual_knn_index* index;
  const std::vector<Case>* cases;
  int64_t fork_at;
  bool returns;
  int64_t calls = 0;
  pid_t child = -1;

  static int32_t Progress(void* user, int64_t, int64_t) {
    Forker& forker = *static_cast<Forker*>(user);
    if (++forker.calls != forker.fork_at) return 0;
    forker.child = fork();
    if (forker.child != 0) return 0;
    alarm(kWatchdogSeconds);
    if (forker.returns) return 0;
    _exit(AllHold(forker.index, *forker.cases, forker.calls, kChildThreads) ? 0 : 1);
  }
};

bool ForkingCallbackHolds(const Model& model, const std::vector<Case>& cases, Forker forker,
                          int32_t strategy, int32_t threads) {
  const CreatedIndex created = CreateIndex(model);
  forker.index = created.index.get();
  Manner manner;
  manner.strategy = strategy;
  manner.threads = threads;
  manner.progress = Forker::Progress;
  manner.progress_user = &forker;
  const Answer answer = Ask(forker.index, cases[0].question, manner);
  if (forker.child == 0) {
    // The call continues as in the parent, or fails and can be repeated.
    const bool cancelled = answer.status == RESIDUAL_KNN_ERROR_CANCELLED && threads > 1;
    if (!answer.SameAs(cases[0].expected) && !cancelled) _exit(2);
    _exit(AllHold(forker.index, cases, strategy, kChildThreads) ? 0 : 1);
  }
  if (!answer.SameAs(cases[0].expected)) return Fail("the parent got another answer");
  return forker.child < 0 || ChildIsWell(forker.child);
}

bool ForkingCallbacksHold(const TestRun& run, int32_t threads) {
  const Model model = DrawForkModel(run.seed + 1, run.Scaled(5000));
  const std::vector<Case> cases = DrawCases(run.seed + 1, model);
  for (const int32_t strategy : kAllStrategies) {
    for (const int64_t fork_at : {1, 3}) {
      for (const bool returns : {false, true}) {
        const Forker forker{nullptr, &cases, fork_at, returns};
        if (!ForkingCallbackHolds(model, cases, forker, strategy, threads)) {
          return Fail(std::string(residual_knn_strategy_name(strategy)) + ", " +
                      std::to_string(threads) + " threads, forked at callback " +
                      std::to_string(fork_at) + (returns ? ", child returns" : ""));
        }
      }
    }
  }
  return true;
}

// Forks when it gets the first batch. The child of a call with several threads gets no other batch.
struct ForkingSink {
  pid_t child = -1;
  int64_t batches = 0;

  static int32_t Take(void* user, const residual_knn_batch* /*batch*/) {
    ForkingSink& sink = *static_cast<ForkingSink*>(user);
    if (++sink.batches > 1) return 0;
    sink.child = fork();
    if (sink.child == 0) alarm(kWatchdogSeconds);
    return 0;
  }
};

bool ForkingSinkHolds(const TestRun& run, int32_t threads) {
  constexpr int64_t kQueries = 600;
  constexpr int64_t kBatches = 6;
  const CreatedIndex created = CreateIndex(DrawForkModel(run.seed + 2, kQueries));
  ForkingSink sink;
  residual_knn_search_options options = SearchOptions();
  options.threads = threads;
  options.sink = ForkingSink::Take;
  options.sink_user = &sink;
  options.sink_queries = kQueries / kBatches;
  const residual_knn_status status = residual_knn_neighbors(created.index.get(), nullptr, kQueries,
                                                            &options, 3, nullptr, nullptr, nullptr);
  const bool ended = status == RESIDUAL_KNN_OK && sink.batches == kBatches;
  if (sink.child == 0) {
    const bool cancelled = status == RESIDUAL_KNN_ERROR_CANCELLED && sink.batches == 1;
    _exit((threads == 1 ? ended : cancelled) ? 0 : 1);
  }
  if (!ended) return Fail("the parent got " + std::to_string(sink.batches) + " batches");
  return ChildIsWell(sink.child);
}

[[maybe_unused]] void TestStorm(void** state) {
  SkipForkBesideThreadsUnderQemu();
  assert_true(StormHolds(*static_cast<const TestRun*>(*state)));
}
void TestForkingSinks(void** state) {
  for (const int32_t threads : {1, 3}) {
    assert_true(ForkingSinkHolds(*static_cast<const TestRun*>(*state), threads));
  }
}
void TestForkingCallbacks(void** state) {
  assert_true(ForkingCallbacksHold(*static_cast<const TestRun*>(*state), 1));
}
[[maybe_unused]] void TestForkingCallbacksBesideThreads(void** state) {
  SkipForkBesideThreadsUnderQemu();
  assert_true(ForkingCallbacksHold(*static_cast<const TestRun*>(*state), 3));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
// tests/api/CMakeLists.txt says why. The sanitizer does not support children that lost threads either.
#ifndef __SANITIZE_THREAD__
      cmocka_unit_test_prestate(TestStorm, &run),
      cmocka_unit_test_prestate(TestForkingCallbacksBesideThreads, &run),
#endif
      cmocka_unit_test_prestate(TestForkingCallbacks, &run),
      cmocka_unit_test_prestate(TestForkingSinks, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
