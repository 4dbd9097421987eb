// Many threads at once, remaining threads, and forked children, as in hosts such as R or Julia. Every result must have
// the same bytes as that of a serial run.
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "support/api_objects.h"
#include "support/checked_callback.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/tasks.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int kCallers = 16;
constexpr int kChildren = 20;
constexpr unsigned kWatchdogSeconds = 10;

Model DrawConcurrentModel(uint64_t seed, int64_t n, int64_t m) {
  Random random(seed);
  Model model;
  model.kernel.lengthscales = {0.3};
  model.points = RandomPoints(random, Shape::kUniform, n, 3);
  model.inducing = RandomRowsOf(random, model.points, m);
  return model;
}

std::vector<Question> DrawQuestions(uint64_t seed, const Model& model) {
  Random random(seed);
  const int64_t n = model.points.n;
  std::vector<Question> questions(3);
  questions[0].k = 10;
  questions[0].rows = RandomRowNumbers(random, n, 60);
  questions[1].k = 7;
  questions[1].kind = QueryKind::kPredecessors;
  questions[1].rows = RandomRowNumbers(random, n, 60);
  questions[2].k = 12;
  questions[2].kind = QueryKind::kNewPoints;
  questions[2].queries = RandomPoints(random, Shape::kUniform, 30, model.points.d);
  return questions;
}

// Runs `work(caller)` in sixteen threads that start together; true if it was true for all.
template <class Work>
bool AllCallers(const Work& work) {
  std::atomic<int> failures = 0;
  std::latch start(kCallers);
  std::vector<std::thread> callers;
  callers.reserve(kCallers);
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      start.arrive_and_wait();
      if (!work(caller)) ++failures;
    });
  }
  for (std::thread& caller : callers) caller.join();
  return failures == 0;
}

bool SearchesOfOneIndexHold(const TestRun& run) {
  const Model model = DrawConcurrentModel(run.seed, run.Scaled(1500), 64);
  const CreatedIndex created = CreateIndex(model);
  if (created.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  std::vector<std::vector<Question>> questions;
  std::vector<std::vector<Answer>> expected;
  for (int caller = 0; caller < kCallers; ++caller) {
    questions.push_back(DrawQuestions(run.seed + 100 + caller, model));
    expected.emplace_back();
    for (const Question& question : questions.back()) {
      expected.back().push_back(Ask(created.index.get(), question));
      if (expected.back().back().status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
    }
  }
  const int64_t rounds = run.Scaled(15);
  return AllCallers([&](int caller) {
    for (int64_t round = 0; round < rounds; ++round) {
      for (size_t q = 0; q < questions[caller].size(); ++q) {
        Manner manner;
        manner.threads = 1 + static_cast<int32_t>((caller + round) % 3);
        if (!Ask(created.index.get(), questions[caller][q], manner).SameAs(expected[caller][q])) {
          return Fail("caller " + std::to_string(caller) + ", " + Describe(questions[caller][q]) +
                      ": another answer");
        }
      }
      // An error of one caller is not visible to other callers.
      Question bad = questions[caller][0];
      bad.rows[0] = 1'000'000 + caller;
      if (Ask(created.index.get(), bad).status != RESIDUAL_KNN_ERROR_INVALID_ARGUMENT ||
          std::string(residual_knn_last_error()).find(std::to_string(bad.rows[0])) ==
              std::string::npos) {
        return Fail(std::string("somebody else's error: ") + residual_knn_last_error());
      }
      if (InfoOf(created.index.get()).n != model.points.n) return Fail("info");
    }
    return true;
  });
}

// Every caller creates, searches and frees its own small indexes. Their matrix products are short, so the buffers of a
// BLAS change owners quickly.
bool IndicesOfManyCallersHold(const TestRun& run) {
  std::vector<Model> models;
  std::vector<FactorCopy> factors;
  std::vector<Answer> answers;
  Question question;
  question.k = 5;
  question.all_rows = true;
  question.rows.resize(90);
  std::iota(question.rows.begin(), question.rows.end(), int64_t{0});
  for (int caller = 0; caller < kCallers; ++caller) {
    models.push_back(DrawConcurrentModel(run.seed + caller, 90, 40));
    const CreatedIndex created = CreateIndex(models.back());
    if (created.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
    factors.push_back(FactorOf(created.index.get()));
    answers.push_back(Ask(created.index.get(), question));
  }
  const int64_t rounds = run.Scaled(60);
  return AllCallers([&](int caller) {
    for (int64_t round = 0; round < rounds; ++round) {
      const CreatedIndex created = CreateIndex(models[caller], RESIDUAL_KNN_POINT_MAJOR,
                                               1 + static_cast<int32_t>(round % 2));
      if (!FactorOf(created.index.get()).SameAs(factors[caller])) {
        return Fail("caller " + std::to_string(caller) + ": another V or p");
      }
      if (!Ask(created.index.get(), question).SameAs(answers[caller])) {
        return Fail("caller " + std::to_string(caller) + ": another answer of its own index");
      }
    }
    return true;
  });
}

// The callback of each caller runs on its thread, unless the caller allowed other threads.
bool CallbacksOfManyCallersHold() {
  const Model model = DrawConcurrentModel(3, 400, 0);
  const std::vector<double> variance(model.points.n, 1.0);
  return AllCallers([&](int caller) {
    CheckedCallback callback(model.kernel, model.points, nullptr);
    residual_knn_index* index = nullptr;
    residual_knn_index_create_from_callback(nullptr, model.points.n, 0, variance.data(),
                                            CheckedCallback::Evaluate, &callback, nullptr, &index);
    const IndexHandle owner(index);
    Question question;
    question.k = 3;
    question.rows = {caller, 7 * caller, 399};
    Manner manner;
    manner.threads = 4;
    const Answer answer = Ask(index, question, manner);
    return (answer.status == RESIDUAL_KNN_OK && !callback.left_thread() &&
            answer.statistics.threads == 1) ||
           Fail("a callback left its thread");
  });
}

// After any calls, only the threads of the program exist, and no thread of the library or of a BLAS.
bool NoThreadIsLeft() {
  if (CountTasks() > kOwnTasks) return Fail("loading the library has started threads");
  const Model model = DrawConcurrentModel(9, 3000, 200);
  const CreatedIndex created = CreateIndex(model, RESIDUAL_KNN_POINT_MAJOR, 5);
  if (created.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  if (!WaitForTasks(kOwnTasks)) return Fail("threads are left after creating an index");
  Question question;
  question.k = 10;
  for (int64_t i = 0; i < 500; ++i) question.rows.push_back(i);
  Manner manner;
  manner.threads = 5;
  if (Ask(created.index.get(), question, manner).statistics.threads != 5) {
    return Fail("the search did not use its threads");
  }
  if (!WaitForTasks(kOwnTasks)) return Fail("threads are left after a search");
  const double lengthscale = 0.3;
  residual_knn_helper_options options = HelperOptions();
  options.threads = 5;
  std::vector<double> inducing(50 * 3);
  std::vector<int64_t> order(model.points.n);
  if (residual_knn_choose_inducing(model.points.values.data(), model.points.n, 3, &lengthscale, 1,
                                   RESIDUAL_KNN_KMEANS, 50, &options,
                                   inducing.data()) != RESIDUAL_KNN_OK ||
      residual_knn_order_points(model.points.values.data(), model.points.n, 3, &lengthscale, 1,
                                RESIDUAL_KNN_ORDER_MAXIMIN, &options,
                                order.data()) != RESIDUAL_KNN_OK) {
    return Fail(residual_knn_last_error());
  }
  return WaitForTasks(kOwnTasks) || Fail("threads are left after the helpers");
}

// Runs in the child: searches the inherited index and a new one. The exit code tells the result.
[[noreturn]] void RunChild(const residual_knn_index* index, const Model& model,
                           const std::vector<Question>& questions,
                           const std::vector<Answer>& expected, int32_t threads) {
  alarm(kWatchdogSeconds);
  bool same = true;
  Manner manner;
  manner.threads = threads;
  for (size_t q = 0; q < questions.size(); ++q) {
    same = same && Ask(index, questions[q], manner).SameAs(expected[q]);
  }
  {
    const CreatedIndex created = CreateIndex(model, RESIDUAL_KNN_POINT_MAJOR, threads);
    same = same && Ask(created.index.get(), questions[0], manner).SameAs(expected[0]);
  }
  _exit(same ? 0 : 1);
}

bool ChildIsWell(pid_t child) {
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return Fail("fork");
  if (WIFSIGNALED(status)) {
    return Fail("a child was ended by signal " + std::to_string(WTERMSIG(status)) +
                (WTERMSIG(status) == SIGALRM ? ": it hung" : ""));
  }
  return WEXITSTATUS(status) == 0 || Fail("a child got another answer");
}

// Children of a process that has searched with several threads, as with R's mclapply.
bool ForkedChildrenHold(const TestRun& run) {
  const Model model = DrawConcurrentModel(run.seed, 1000, 50);
  const CreatedIndex created = CreateIndex(model, RESIDUAL_KNN_POINT_MAJOR, 3);
  const std::vector<Question> questions = DrawQuestions(run.seed, model);
  std::vector<Answer> expected;
  Manner manner;
  manner.threads = 3;
  for (const Question& question : questions) {
    expected.push_back(Ask(created.index.get(), question, manner));
    if (expected.back().status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  }
  for (int i = 0; i < kChildren; ++i) {
    const pid_t child = fork();
    if (child == 0) RunChild(created.index.get(), model, questions, expected, 1 + i % 3);
    // The parent continues at the same time.
    const bool same = Ask(created.index.get(), questions[0], manner).SameAs(expected[0]);
    if (!ChildIsWell(child)) return false;
    if (!same) return Fail("the parent got another answer");
  }
  return true;
}

void TestSearchesOfOneIndex(void** state) {
  assert_true(SearchesOfOneIndexHold(*static_cast<const TestRun*>(*state)));
}
void TestIndicesOfManyCallers(void** state) {
  assert_true(IndicesOfManyCallersHold(*static_cast<const TestRun*>(*state)));
}
void TestCallbacksOfManyCallers(void** /*state*/) { assert_true(CallbacksOfManyCallersHold()); }
void TestNoThreadIsLeft(void** /*state*/) {
#ifdef RESIDUAL_KNN_TEST_COUNTS_THREADS
  assert_true(NoThreadIsLeft());
#else
  print_message("not checked: the BLAS is the system's and has threads of its own\n");
  skip();
#endif
}
void TestForkedChildren(void** state) {
  assert_true(ForkedChildrenHold(*static_cast<const TestRun*>(*state)));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      // First, in a process without other threads so far.
      cmocka_unit_test(TestNoThreadIsLeft),
      cmocka_unit_test_prestate(TestForkedChildren, &run),
      cmocka_unit_test_prestate(TestSearchesOfOneIndex, &run),
      cmocka_unit_test_prestate(TestIndicesOfManyCallers, &run),
      cmocka_unit_test(TestCallbacksOfManyCallers),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
