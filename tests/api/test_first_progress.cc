// The progress callback is called at the start of every call, however short the call is, and regularly if a covariance
// callback takes most of the time.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kRows = 16;
constexpr int32_t kNeighbors = 3;
constexpr double kLengthscale = 0.3;

// Counts the calls of the progress callback, and ends the call at the first one if asked.
struct Progress {
  bool cancels = false;
  int64_t calls = 0;

  static int32_t Report(void* user, int64_t /*done*/, int64_t /*total*/) {
    auto& self = *static_cast<Progress*>(user);
    ++self.calls;
    return self.cancels ? 1 : 0;
  }
};

// Options of any kind with this callback.
template <class Options>
Options With(Progress& progress, void (*init)(Options*, size_t)) {
  Options options;
  init(&options, sizeof options);
  options.progress = Progress::Report;
  options.progress_user = &progress;
  return options;
}

residual_knn_search_options SearchWith(Progress& progress) {
  return With(progress, residual_knn_search_options_init);
}

struct NamedCall {
  std::string name;
  std::function<residual_knn_status(Progress& progress)> call;
};

// The calls that need an index. `neighbors` has kNeighbors for each row.
std::vector<NamedCall> CallsOf(residual_knn_index* index, const std::vector<int64_t>& neighbors) {
  static std::vector<int64_t> rows(kRows * kRows);
  static std::vector<int64_t> offsets(kRows + 1);
  static std::vector<double> values(kRows * (kNeighbors + 1) * (kNeighbors + 1));
  std::vector<NamedCall> calls;
  for (const int32_t strategy : kAllStrategies) {
    calls.push_back({residual_knn_strategy_name(strategy), [=](Progress& progress) {
                       auto options = SearchWith(progress);
                       options.strategy = strategy;
                       return residual_knn_neighbors(index, nullptr, kRows, &options, kNeighbors,
                                                     rows.data(), nullptr, nullptr);
                     }});
  }
  calls.push_back({"conditional selection", [=](Progress& progress) {
                     auto options = SearchWith(progress);
                     options.selection = RESIDUAL_KNN_SELECT_CONDITIONAL;
                     return residual_knn_predecessors(index, nullptr, kRows, &options, kNeighbors,
                                                      rows.data(), nullptr, nullptr);
                   }});
  calls.push_back({"above a threshold", [=](Progress& progress) {
                     const auto options = SearchWith(progress);
                     return residual_knn_predecessors_above(index, nullptr, kRows, &options, 0.5,
                                                            kRows * kRows, offsets.data(),
                                                            rows.data(), nullptr, nullptr);
                   }});
  calls.push_back({"groups", [=](Progress& progress) {
                     const auto options = SearchWith(progress);
                     const int64_t ends[] = {0, 2, 5};
                     const int64_t members[] = {7, 3, 10, 11, 12};
                     return residual_knn_group_neighbors(index, ends, 2, members, &options,
                                                         kNeighbors, rows.data(), nullptr, nullptr);
                   }});
  calls.push_back({"weights", [=](Progress& progress) {
                     auto options = With(progress, residual_knn_weights_options_init);
                     options.jitter = 1e-3;
                     return residual_knn_weights(index, nullptr, kRows, &options, kNeighbors,
                                                 neighbors.data(), values.data(), nullptr, nullptr);
                   }});
  calls.push_back({"covariances", [=](Progress& progress) {
                     const auto options = With(progress, residual_knn_covariance_options_init);
                     return residual_knn_covariances(index, nullptr, kRows, &options, kNeighbors,
                                                     neighbors.data(), values.data(), nullptr);
                   }});
  calls.push_back({"covariance blocks", [=](Progress& progress) {
                     const auto options = With(progress, residual_knn_covariance_options_init);
                     return residual_knn_covariance_blocks(index, nullptr, kRows, &options,
                                                           kNeighbors, neighbors.data(),
                                                           values.data());
                   }});
  calls.push_back({"order of an index", [=](Progress& progress) {
                     const auto options = With(progress, residual_knn_helper_options_init);
                     return residual_knn_index_order(index, &options, rows.data());
                   }});
  return calls;
}

// The calls that need points only, and those that make or update an index.
std::vector<NamedCall> CallsOfPoints(residual_knn_index* index, const Points& points) {
  static std::vector<int64_t> order(kRows);
  static std::vector<double> inducing(kRows * 2);
  std::vector<NamedCall> calls;
  for (const int32_t ordering : {RESIDUAL_KNN_ORDER_RANDOM, RESIDUAL_KNN_ORDER_MAXIMIN}) {
    calls.push_back({"order " + std::to_string(ordering), [=, &points](Progress& progress) {
                       const auto options = With(progress, residual_knn_helper_options_init);
                       return residual_knn_order_points(points.values.data(), kRows, 2,
                                                        &kLengthscale, 1, ordering, &options,
                                                        order.data());
                     }});
  }
  for (const int32_t method : {RESIDUAL_KNN_KMEANS, RESIDUAL_KNN_RANDOM_ROWS}) {
    calls.push_back({"inducing points " + std::to_string(method), [=, &points](Progress& progress) {
                       const auto options = With(progress, residual_knn_helper_options_init);
                       return residual_knn_choose_inducing(points.values.data(), kRows, 2,
                                                           &kLengthscale, 1, method, 4, &options,
                                                           inducing.data());
                     }});
  }
  calls.push_back({"update", [=, &points](Progress& progress) {
                     const auto options = With(progress, residual_knn_model_options_init);
                     return residual_knn_index_update(index, &kLengthscale, 1, points.values.data(),
                                                      5, &options);
                   }});
  calls.push_back({"creation", [=, &points](Progress& progress) {
                     const auto options = With(progress, residual_knn_model_options_init);
                     residual_knn_index* made = nullptr;
                     const residual_knn_status status =
                         residual_knn_index_create(points.values.data(), kRows, 2, &kLengthscale, 1,
                                                   points.values.data(), 5, &options, &made);
                     const IndexHandle owner(made);
                     return status;
                   }});
  return calls;
}

std::vector<int64_t> NeighborsOf(const residual_knn_index* index) {
  std::vector<int64_t> neighbors(kRows * kNeighbors);
  assert_int_equal(residual_knn_neighbors(index, nullptr, kRows, nullptr, kNeighbors,
                                          neighbors.data(), nullptr, nullptr),
                   RESIDUAL_KNN_OK);
  return neighbors;
}

bool IsCancelledAtTheStart(const NamedCall& named) {
  Progress progress{true};
  const residual_knn_status status = named.call(progress);
  return (status == RESIDUAL_KNN_ERROR_CANCELLED && progress.calls == 1) ||
         Fail(named.name + ": status " + std::to_string(status) + " after " +
              std::to_string(progress.calls) + " calls of the progress callback");
}

void TestShortCalls(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  Model model;
  model.kernel.lengthscales = {kLengthscale};
  model.points = RandomPoints(random, Shape::kUniform, kRows, 2);
  model.inducing = RandomRowsOf(random, model.points, 4);
  const CreatedIndex created = CreateIndex(model);
  assert_int_equal(created.status, RESIDUAL_KNN_OK);
  for (const NamedCall& call : CallsOf(created.index.get(), NeighborsOf(created.index.get()))) {
    assert_true(IsCancelledAtTheStart(call));
  }
  for (const NamedCall& call : CallsOfPoints(created.index.get(), model.points)) {
    assert_true(IsCancelledAtTheStart(call));
  }
}

// exp(-|i - j| / 10), slowly.
struct SlowCovariance {
  bool is_slow = false;
  int64_t calls = 0;

  static int32_t Evaluate(void* user, const int64_t* rows, int64_t num_rows, const int64_t* columns,
                          int64_t num_columns, double* covariance) {
    auto& self = *static_cast<SlowCovariance*>(user);
    ++self.calls;
    if (self.is_slow) std::this_thread::sleep_for(std::chrono::milliseconds(26));
    for (int64_t a = 0; a < num_rows; ++a) {
      for (int64_t b = 0; b < num_columns; ++b) {
        covariance[a * num_columns + b] =
            std::exp(-0.1 * std::abs(static_cast<double>(rows[a] - columns[b])));
      }
    }
    return 0;
  }
};

// The interval of 50 ms has passed after two callbacks of 26 ms.
void TestSlowCovariances(void** /*state*/) {
  SlowCovariance covariance;
  const std::vector<double> variance(kRows, 1.0);
  residual_knn_index* index = nullptr;
  residual_knn_index_create_from_callback(nullptr, kRows, 0, variance.data(),
                                          SlowCovariance::Evaluate, &covariance, nullptr, &index);
  const IndexHandle owner(index);
  const std::vector<int64_t> neighbors = NeighborsOf(index);
  covariance.is_slow = true;
  for (const NamedCall& named : CallsOf(index, neighbors)) {
    Progress progress;
    covariance.calls = 0;
    assert_int_equal(named.call(progress), RESIDUAL_KNN_OK);
    const bool holds = 3 * progress.calls >= covariance.calls ||
                       Fail(named.name + ": " + std::to_string(progress.calls) +
                            " calls of the progress callback, " + std::to_string(covariance.calls) +
                            " of the covariance callback");
    assert_true(holds);
  }
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestShortCalls, &run),
      cmocka_unit_test_prestate(TestSlowCovariances, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
