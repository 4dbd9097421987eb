// Callbacks that call the library. A progress callback searches the index of its call with every strategy, on its own
// thread or on another thread for which it waits, describes the index, and creates and updates other indexes.
// Covariance callbacks do the same. Calls are nested three deep, and give the same bytes each time.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr unsigned kWatchdogSeconds = 300;
constexpr int kDeepest = 3;

Model DrawNestedModel(uint64_t seed, int64_t n, int64_t m) {
  Random random(seed);
  Model model;
  model.kernel.lengthscales = {0.3};
  model.points = RandomPoints(random, Shape::kUniform, n, 2);
  model.inducing = RandomRowsOf(random, model.points, m);
  return model;
}

Question DrawNestedQuestion(uint64_t seed, int64_t n, QueryKind kind) {
  Random random(seed);
  Question question;
  question.k = 5;
  question.kind = kind;
  if (kind == QueryKind::kNewPoints) {
    question.queries = RandomPoints(random, Shape::kUniform, 200, 2);
  } else {
    question.rows = RandomRowNumbers(random, n, 200);
  }
  return question;
}

// The actions of the callbacks and their results.
struct Nest {
  const residual_knn_index* index = nullptr;
  std::vector<Question> questions;
  std::vector<Answer> expected;
  const Model* small = nullptr;
  int32_t strategy = RESIDUAL_KNN_AUTOMATIC;
  int32_t threads = 1;
  bool on_another_thread = false;
  int64_t most_calls = 1;  // at each depth
  int depth = 0;
  int deepest = 0;
  int64_t calls[kDeepest + 1] = {};
  std::string problem;

  void Search(size_t which) {
    Manner manner;
    manner.strategy = strategy;
    manner.threads = threads;
    manner.progress = Progress;
    manner.progress_user = this;
    if (!Ask(index, questions[which], manner).SameAs(expected[which])) {
      problem =
          "another answer at depth " + std::to_string(depth) + ": " + residual_knn_last_error();
    }
  }

  void Work() {
    for (size_t q = 0; q < questions.size(); ++q) Search(q);
    if (InfoOf(index).n < 1) problem = "info";
    const CreatedIndex other = CreateIndex(*small);
    const residual_knn_model_options options = ModelOptions(*small, RESIDUAL_KNN_POINT_MAJOR, 1);
    const double lengthscale = 0.2;
    if (other.status != RESIDUAL_KNN_OK ||
        residual_knn_index_update(other.index.get(), &lengthscale, 1, nullptr, 0, &options) !=
            RESIDUAL_KNN_OK) {
      problem = residual_knn_last_error();
    }
  }

  static int32_t Progress(void* user, int64_t /*done*/, int64_t /*total*/) {
    Nest& nest = *static_cast<Nest*>(user);
    if (nest.depth >= kDeepest || nest.calls[nest.depth] >= nest.most_calls) return 0;
    ++nest.calls[nest.depth];
    ++nest.depth;
    nest.deepest = std::max(nest.deepest, nest.depth);
    if (nest.on_another_thread) {
      std::thread([&nest] { nest.Work(); }).join();
    } else {
      nest.Work();
    }
    --nest.depth;
    return 0;
  }
};

bool ProgressCallbacksHold(const TestRun& run) {
  const Model model = DrawNestedModel(run.seed, run.Scaled(8000), 60);
  const Model small = DrawNestedModel(run.seed + 1, 300, 20);
  Nest nest;
  nest.small = &small;
  const QueryKind kinds[] = {QueryKind::kNeighbors, QueryKind::kPredecessors,
                             QueryKind::kNewPoints};
  {
    const CreatedIndex created = CreateIndex(model);
    Manner manner;
    manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
    for (const QueryKind kind : kinds) {
      nest.questions.push_back(DrawNestedQuestion(run.seed, model.points.n, kind));
      nest.expected.push_back(Ask(created.index.get(), nest.questions.back(), manner));
    }
  }
  struct Way {
    int32_t threads;
    bool on_another_thread;
  };
  constexpr Way kWays[] = {{3, true}, {1, false}, {1, true}, {3, false}};
  // Sanitized programs try the first two.
  const int64_t num_ways = std::min<int64_t>(run.Scaled(2) * 2, std::ssize(kWays));
  for (const int32_t strategy : kAllStrategies) {
    for (const auto& [threads, on_another_thread] : std::span(kWays).first(num_ways)) {
      const CreatedIndex created = CreateIndex(model);
      Nest each = nest;
      each.index = created.index.get();
      each.strategy = strategy;
      each.threads = threads;
      each.on_another_thread = on_another_thread;
      each.most_calls = 3;
      each.Search(0);
      const std::string name = std::string(residual_knn_strategy_name(strategy)) + ", " +
                               std::to_string(threads) + " threads" +
                               (on_another_thread ? ", on another thread" : "") + ": ";
      if (!each.problem.empty()) return Fail(name + each.problem);
      if (each.deepest != kDeepest) {
        return Fail(name + "only " + std::to_string(each.deepest) + " deep");
      }
    }
  }
  return true;
}

// Creates or updates an index while callbacks search another one.
bool CreationsHold(const TestRun& run) {
  const Model model = DrawNestedModel(run.seed, run.Scaled(8000), 60);
  const Model small = DrawNestedModel(run.seed + 1, 300, 20);
  const CreatedIndex searched = CreateIndex(model);
  Nest nest;
  nest.small = &small;
  nest.index = searched.index.get();
  nest.most_calls = 1000;
  nest.depth = kDeepest - 1;
  nest.questions.push_back(DrawNestedQuestion(run.seed, model.points.n, QueryKind::kNeighbors));
  nest.expected.push_back(Ask(CreateIndex(model).index.get(), nest.questions[0]));
  residual_knn_model_options options = ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, 2);
  options.progress = Nest::Progress;
  options.progress_user = &nest;
  residual_knn_index* index = nullptr;
  residual_knn_status status = residual_knn_index_create(
      model.points.values.data(), model.points.n, 2, model.kernel.lengthscales.data(), 1,
      model.inducing.values.data(), model.inducing.n, &options, &index);
  const IndexHandle owner(index);
  if (status == RESIDUAL_KNN_OK) {
    status =
        residual_knn_index_update(index, model.kernel.lengthscales.data(), 1, nullptr, 0, &options);
  }
  if (status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  if (!nest.problem.empty()) return Fail(nest.problem);
  if (nest.calls[kDeepest - 1] < 2) return Fail("no callbacks");
  return Ask(index, nest.questions[0]).SameAs(nest.expected[0]) || Fail("another index");
}

// A covariance callback that searches the calling index at its first calls.
struct SearchingCovariance {
  const residual_knn_index* index = nullptr;
  Question question;
  Answer expected;
  int32_t threads = 1;
  std::atomic<int> left = 0;
  std::atomic<int> wrong = 0;

  static int32_t Evaluate(void* user, const int64_t* rows, int64_t num_rows, const int64_t* columns,
                          int64_t num_columns, double* covariance) {
    auto& self = *static_cast<SearchingCovariance*>(user);
    if (self.left.fetch_sub(1) > 0) {
      Manner manner;
      manner.threads = self.threads;
      manner.strategy =
          kAllStrategies[static_cast<size_t>(self.left.load() + 100) % std::size(kAllStrategies)];
      if (!Ask(self.index, self.question, manner).SameAs(self.expected)) ++self.wrong;
    }
    for (int64_t a = 0; a < num_rows; ++a) {
      for (int64_t b = 0; b < num_columns; ++b) {
        covariance[a * num_columns + b] =
            std::exp(-0.05 * std::abs(static_cast<double>(rows[a] - columns[b])));
      }
    }
    return 0;
  }
};

bool CovarianceCallbacksHold(const TestRun& run) {
  const int64_t n = run.Scaled(3000);
  const std::vector<double> variance(n, 1.0);
  for (const bool concurrent : {false, true}) {
    SearchingCovariance covariance;
    covariance.threads = concurrent ? 2 : 1;
    covariance.question = DrawNestedQuestion(run.seed, n, QueryKind::kNeighbors);
    const auto create = [&] {
      residual_knn_model_options options = ModelOptions();
      options.concurrent_callback = concurrent ? 1 : 0;
      options.factor_error = 1e-9;
      residual_knn_index* index = nullptr;
      residual_knn_index_create_from_callback(nullptr, n, 0, variance.data(),
                                              SearchingCovariance::Evaluate, &covariance, &options,
                                              &index);
      return IndexHandle(index);
    };
    covariance.expected = Ask(create().get(), covariance.question);
    for (const int32_t strategy : kAllStrategies) {
      const IndexHandle index = create();
      covariance.index = index.get();
      covariance.left = 6;
      Manner manner;
      manner.strategy = strategy;
      manner.threads = concurrent ? 3 : 1;
      if (!Ask(index.get(), covariance.question, manner).SameAs(covariance.expected) ||
          covariance.wrong != 0) {
        return Fail(std::string(residual_knn_strategy_name(strategy)) + ": another answer");
      }
      if (covariance.left >= 0) return Fail("the callback was not asked often enough");
    }
  }
  return true;
}

void TestProgressCallbacks(void** state) {
  assert_true(ProgressCallbacksHold(*static_cast<const TestRun*>(*state)));
}
void TestCreations(void** state) {
  assert_true(CreationsHold(*static_cast<const TestRun*>(*state)));
}
void TestCovarianceCallbacks(void** state) {
  assert_true(CovarianceCallbacksHold(*static_cast<const TestRun*>(*state)));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  alarm(kWatchdogSeconds);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestProgressCallbacks, &run),
      cmocka_unit_test_prestate(TestCreations, &run),
      cmocka_unit_test_prestate(TestCovarianceCallbacks, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
