// Progress of long calls at realistic sizes. Within a stage, `done` never decreases, never exceeds `total`, and
// increases during the stage. Callbacks come regularly, because a call can be cancelled only in a callback. The test
// measures the processor time of the calling thread between two callbacks, so that other programs do not matter.
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

// Programs with sanitizers, or under qemu, are about ten times slower, but do the same work between two polls.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    defined(RESIDUAL_KNN_TEST_UNDER_QEMU)
constexpr double kSlowdown = 10;
#else
constexpr double kSlowdown = 1;
#endif
// Time of the calling thread. A callback comes every 50 ms; a stage without polls once took six seconds.
constexpr double kLongestSilence = 0.25 * kSlowdown;
// A stage of this length must report some work.
constexpr double kLongStage = 0.5;

double ThreadSeconds() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

class Listener {
 public:
  // cancel_after: seconds of this thread; 0: never.
  explicit Listener(double cancel_after = 0)
      : start_(ThreadSeconds()), heard_(start_), cancel_after_(cancel_after) {}

  static int32_t Progress(void* user, int64_t done, int64_t total) {
    return static_cast<Listener*>(user)->Hear(done, total);
  }

  // When the call has returned.
  void End() {
    Silence();
    EndStage();
  }

  [[nodiscard]] double longest_silence() const { return longest_silence_; }
  [[nodiscard]] bool cancelled() const { return cancelled_; }
  [[nodiscard]] int64_t calls() const { return calls_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void Silence() {
    const double now = ThreadSeconds();
    longest_silence_ = std::max(longest_silence_, now - heard_);
    heard_ = now;
  }

  void EndStage() {
    if (total_ > 0 && heard_ - stage_start_ > kLongStage && done_ == first_done_) {
      problem_ = "nothing was done in a stage of " + std::to_string(heard_ - stage_start_) +
                 " s: " + std::to_string(done_) + " of " + std::to_string(total_);
    }
  }

  int32_t Hear(int64_t done, int64_t total) {
    Silence();
    ++calls_;
    if (done < 0 || total < 1 || done > total) {
      problem_ = std::to_string(done) + " of " + std::to_string(total) + " done";
    }
    if (total != total_) {
      EndStage();
      stage_start_ = heard_;
      first_done_ = done;
    } else if (done < done_) {
      problem_ = "went back from " + std::to_string(done_) + " to " + std::to_string(done);
    }
    total_ = total;
    done_ = done;
    cancelled_ = cancel_after_ > 0 && heard_ - start_ > cancel_after_;
    return cancelled_ ? 1 : 0;
  }

  double start_;
  double heard_;
  double cancel_after_;
  bool cancelled_ = false;
  double longest_silence_ = 0;
  int64_t calls_ = 0;
  int64_t total_ = -1;
  int64_t done_ = 0;
  int64_t first_done_ = 0;
  double stage_start_ = 0;
  std::string problem_;
};

using Call = std::function<residual_knn_status(Listener& listener)>;

bool IsHeard(const std::string& name, const Call& call, double cancel_after = 0) {
  Listener listener(cancel_after);
  const double before = ThreadSeconds();
  const residual_knn_status status = call(listener);
  listener.End();
  std::printf("%-44s %6.2f s, %4lld callbacks, silent for %.3f s\n", name.c_str(),
              ThreadSeconds() - before, static_cast<long long>(listener.calls()),
              listener.longest_silence());
  const residual_knn_status expected =
      listener.cancelled() ? RESIDUAL_KNN_ERROR_CANCELLED : RESIDUAL_KNN_OK;
  if (status != expected) return Fail(name + ": " + residual_knn_last_error());
  if (!listener.problem().empty()) return Fail(name + ": " + listener.problem());
  if (listener.calls() == 0) return Fail(name + ": no callback");
  return listener.longest_silence() <= kLongestSilence ||
         Fail(name + ": silent for " + std::to_string(listener.longest_silence()) + " s");
}

residual_knn_status Create(const Model& model, Listener& listener, residual_knn_index** index) {
  residual_knn_model_options options = ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, 1);
  options.progress = Listener::Progress;
  options.progress_user = &listener;
  return residual_knn_index_create(model.points.values.data(), model.points.n, model.points.d,
                                   model.kernel.lengthscales.data(), 1,
                                   model.inducing.values.data(), model.inducing.n, &options, index);
}

// Thousands of inducing points: V of few points, and all of L.
bool ManyInducingPointsHold(const TestRun& run) {
  Random random(run.seed);
  Model model;
  model.kernel.lengthscales = {0.1};
  model.points = RandomPoints(random, Shape::kUniform, 100, 3);
  model.inducing = RandomPoints(random, Shape::kUniform, run.Scaled(4000), 3);
  const auto create = [&](Listener& listener) {
    residual_knn_index* index = nullptr;
    const residual_knn_status status = Create(model, listener, &index);
    residual_knn_index_free(index);
    return status;
  };
  const double before = ThreadSeconds();
  if (!IsHeard("create, many inducing points", create)) return false;
  const double all = ThreadSeconds() - before;
  // Cancels at several times in every stage.
  for (const double share : {0.15, 0.85}) {
    const std::string name = "create, cancelled after " + std::to_string(share);
    if (!IsHeard(name, create, share * all)) return false;
  }
  return true;
}

bool ManyPointsHold(const TestRun& run) {
  Random random(run.seed);
  Model model;
  // Fewer points are a smaller part of the plane, of the same density.
  model.kernel.lengthscales = {0.02 / std::sqrt(run.size)};
  model.points = RandomPoints(random, Shape::kUniform, run.Scaled(1'500'000), 2);
  model.inducing = RandomRowsOf(random, model.points, 16);
  residual_knn_index* index = nullptr;
  if (!IsHeard("create, many points",
               [&](Listener& listener) { return Create(model, listener, &index); })) {
    return false;
  }
  const IndexHandle owner(index);
  constexpr int64_t kQueries = 300;
  constexpr int32_t kK = 5;
  const std::vector<int64_t> rows = RandomRowNumbers(random, model.points.n, kQueries);
  std::vector<int64_t> neighbors(kQueries * kK);
  for (const int32_t strategy :
       {RESIDUAL_KNN_DUAL_TREE, RESIDUAL_KNN_BRUTE_FORCE, RESIDUAL_KNN_LEVEL_SYNCHRONOUS,
        RESIDUAL_KNN_BEST_FIRST, RESIDUAL_KNN_BATCHED_BEST_FIRST, RESIDUAL_KNN_AUTOMATIC}) {
    const auto search = [&](Listener& listener) {
      residual_knn_search_options options = SearchOptions();
      options.strategy = strategy;
      options.threads = 1;
      options.progress = Listener::Progress;
      options.progress_user = &listener;
      return residual_knn_neighbors(index, rows.data(), kQueries, &options, kK, neighbors.data(),
                                    nullptr, nullptr);
    };
    if (!IsHeard(std::string("search, many points, ") + residual_knn_strategy_name(strategy),
                 search)) {
      return false;
    }
  }
  return IsHeard("update, many points", [&](Listener& listener) {
    residual_knn_model_options options = ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, 1);
    options.progress = Listener::Progress;
    options.progress_user = &listener;
    const double lengthscale = 1.5 * model.kernel.lengthscales[0];
    return residual_knn_index_update(index, &lengthscale, 1, nullptr, 0, &options);
  });
}

// Bounds dismiss little, and every query opens most of the tree.
bool OpenTreesHold(const TestRun& run) {
  Random random(run.seed);
  Model model;
  model.kernel.lengthscales = {1.5};
  model.points = RandomPoints(random, Shape::kUniform, run.Scaled(40'000), 6);
  model.inducing = RandomPoints(random, Shape::kUniform, 600, 6);
  const CreatedIndex created = CreateIndex(model, RESIDUAL_KNN_POINT_MAJOR, 1);
  if (created.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  constexpr int64_t kQueries = 3000;
  constexpr int32_t kK = 10;
  const std::vector<int64_t> rows = RandomRowNumbers(random, model.points.n, kQueries);
  std::vector<int64_t> neighbors(kQueries * kK);
  return IsHeard("search, open tree, batched_best_first", [&](Listener& listener) {
    residual_knn_search_options options = SearchOptions();
    options.strategy = RESIDUAL_KNN_BATCHED_BEST_FIRST;
    options.threads = 1;
    options.progress = Listener::Progress;
    options.progress_user = &listener;
    return residual_knn_neighbors(created.index.get(), rows.data(), kQueries, &options, kK,
                                  neighbors.data(), nullptr, nullptr);
  });
}

bool HelpersHold(const TestRun& run) {
  Random random(run.seed);
  const Points points = RandomPoints(random, Shape::kUniform, run.Scaled(400'000), 2);
  const double lengthscale = 1;
  const auto options_for = [](Listener& listener) {
    residual_knn_helper_options options = HelperOptions();
    options.threads = 1;
    options.max_iterations = 2;
    options.progress = Listener::Progress;
    options.progress_user = &listener;
    return options;
  };
  for (const int32_t method : {RESIDUAL_KNN_KMEANS, RESIDUAL_KNN_RANDOM_ROWS}) {
    std::vector<double> inducing(100 * 2);
    if (!IsHeard("choose_inducing, method " + std::to_string(method), [&](Listener& listener) {
          const residual_knn_helper_options options = options_for(listener);
          return residual_knn_choose_inducing(points.values.data(), points.n, 2, &lengthscale, 1,
                                              method, 100, &options, inducing.data());
        })) {
      return false;
    }
  }
  for (const int32_t ordering : {RESIDUAL_KNN_ORDER_RANDOM, RESIDUAL_KNN_ORDER_MAXIMIN}) {
    std::vector<int64_t> order(static_cast<size_t>(points.n));
    if (!IsHeard("order_points, ordering " + std::to_string(ordering), [&](Listener& listener) {
          const residual_knn_helper_options options = options_for(listener);
          return residual_knn_order_points(points.values.data(), points.n, 2, &lengthscale, 1,
                                           ordering, &options, order.data());
        })) {
      return false;
    }
  }
  return true;
}

void TestManyInducingPoints(void** state) {
  assert_true(ManyInducingPointsHold(*static_cast<const TestRun*>(*state)));
}
void TestManyPoints(void** state) {
  assert_true(ManyPointsHold(*static_cast<const TestRun*>(*state)));
}
void TestOpenTrees(void** state) {
  assert_true(OpenTreesHold(*static_cast<const TestRun*>(*state)));
}
void TestHelpers(void** state) { assert_true(HelpersHold(*static_cast<const TestRun*>(*state))); }

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestManyInducingPoints, &run),
      cmocka_unit_test_prestate(TestManyPoints, &run),
      cmocka_unit_test_prestate(TestOpenTrees, &run),
      cmocka_unit_test_prestate(TestHelpers, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
