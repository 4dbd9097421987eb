// The caller's floating-point environment (rounding, flushed subnormals, traps) does not change an answer, and a call
// does not change that environment. Callbacks run in the default environment.
#include <fenv.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

// Everything that a call computes, as integers, because comparisons must not depend on the environment.
struct Everything {
  std::vector<Answer> answers;
  FactorCopy factor;
  std::vector<double> inducing;
  std::vector<int64_t> order;

  [[nodiscard]] bool SameAs(const Everything& other) const {
    for (size_t i = 0; i < answers.size(); ++i) {
      if (!answers[i].SameAs(other.answers[i])) return false;
    }
    return factor.v == other.factor.v && factor.p == other.factor.p && inducing == other.inducing &&
           order == other.order;
  }
};

// The register that controls rounding, flushing and traps.
#if defined(__SSE2__)
constexpr bool kCanFlush = true;
constexpr uint64_t kFlush = 0x8040;  // subnormal inputs and outputs become zero
constexpr uint64_t kFlags = 0x3F;    // of past exceptions
uint64_t Control() { return _mm_getcsr(); }
void SetControl(uint64_t bits) { _mm_setcsr(static_cast<uint32_t>(bits)); }
#elif defined(__aarch64__)
constexpr bool kCanFlush = true;
constexpr uint64_t kFlush = uint64_t{1} << 24;
constexpr uint64_t kFlags = 0;
uint64_t Control() {
  uint64_t bits = 0;
  asm volatile("mrs %0, fpcr" : "=r"(bits));
  return bits;
}
void SetControl(uint64_t bits) { asm volatile("msr fpcr, %0" : : "r"(bits)); }
#else
constexpr bool kCanFlush = false;
constexpr uint64_t kFlush = 0;
constexpr uint64_t kFlags = 0;
uint64_t Control() { return 0; }
void SetControl(uint64_t /*bits*/) {}
#endif

// The bits that a host may set on this processor.
struct Environment {
  int rounding;
  bool flush;
  bool traps;
};

uint64_t ControlBits() { return Control() & ~kFlags; }

void Enter(const Environment& environment) {
  fesetenv(FE_DFL_ENV);
  fesetround(environment.rounding);
  if (environment.flush) SetControl(Control() | kFlush);
  if (environment.traps) feenableexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW);
}

// Computed by the processor with the present rounding, not by the compiler.
double Quarter(double value) {
  volatile double x = value;
  x = x / 4;
  return x;
}

// Points far apart in one coordinate, so that covariances reach subnormal numbers.
Model DrawEnvironmentModel() {
  Random random(21);
  Model model;
  model.kernel.family = RESIDUAL_KNN_SQUARED_EXPONENTIAL;
  model.kernel.lengthscales = {0.3, 0.05};
  model.points = RandomPoints(random, Shape::kUniform, 300, 2);
  model.inducing = RandomRowsOf(random, model.points, 20);
  return model;
}

struct CallbackRecord {
  bool wrong_environment = false;
  int64_t covariance_calls = 0;
  int64_t progress_calls = 0;
};

int32_t Covariance(void* user, const int64_t* rows, int64_t num_rows, const int64_t* columns,
                   int64_t num_columns, double* covariance) {
  auto& record = *static_cast<CallbackRecord*>(user);
  ++record.covariance_calls;
  record.wrong_environment |= fegetround() != FE_TONEAREST || fegetexcept() != 0;
  for (int64_t a = 0; a < num_rows; ++a) {
    for (int64_t b = 0; b < num_columns; ++b) {
      covariance[a * num_columns + b] =
          std::exp(-0.3 * std::abs(static_cast<double>(rows[a] - columns[b])));
    }
  }
  return 0;
}

int32_t Progress(void* user, int64_t /*done*/, int64_t /*total*/) {
  auto& record = *static_cast<CallbackRecord*>(user);
  ++record.progress_calls;
  record.wrong_environment |= fegetround() != FE_TONEAREST || fegetexcept() != 0;
  return 0;
}

// The calls. The test does not compute with doubles between them.
bool CallEverything(const Model& model, const Points& queries, const Points& unordered,
                    int32_t threads, Everything& out) {
  Manner manner;
  manner.threads = threads;
  const CreatedIndex created = CreateIndex(model, RESIDUAL_KNN_POINT_MAJOR, threads);
  if (created.status != RESIDUAL_KNN_OK) return false;
  Question question;
  question.k = 7;
  question.all_rows = true;
  for (int64_t i = 0; i < model.points.n; ++i) question.rows.push_back(i);
  out.answers.push_back(Ask(created.index.get(), question, manner));
  question.kind = QueryKind::kPredecessors;
  out.answers.push_back(Ask(created.index.get(), question, manner));
  Question of_points;
  of_points.k = 7;
  of_points.kind = QueryKind::kNewPoints;
  of_points.queries = queries;
  out.answers.push_back(Ask(created.index.get(), of_points, manner));
  out.factor = FactorOf(created.index.get());

  CallbackRecord record;
  const std::vector<double> ones(model.points.n, 1.0);
  residual_knn_index* index = nullptr;
  residual_knn_index_create_from_callback(nullptr, model.points.n, 0, ones.data(), Covariance,
                                          &record, nullptr, &index);
  const IndexHandle owner(index);
  question.kind = QueryKind::kNeighbors;
  out.answers.push_back(Ask(index, question, manner));

  residual_knn_helper_options options = HelperOptions();
  options.threads = threads;
  options.progress = Progress;
  options.progress_user = &record;
  out.inducing.assign(20 * 2, 0.0);
  out.order.assign(unordered.n, 0);
  const residual_knn_status chosen = residual_knn_choose_inducing(
      model.points.values.data(), model.points.n, 2, model.kernel.lengthscales.data(), 2,
      RESIDUAL_KNN_KMEANS, 20, &options, out.inducing.data());
  const int64_t progress_of_choice = record.progress_calls;
  const residual_knn_status ordered = residual_knn_order_points(
      unordered.values.data(), unordered.n, 2, model.kernel.lengthscales.data(), 2,
      RESIDUAL_KNN_ORDER_MAXIMIN, &options, out.order.data());
  return chosen == RESIDUAL_KNN_OK && ordered == RESIDUAL_KNN_OK && !record.wrong_environment &&
         record.covariance_calls > 0 && progress_of_choice > 0 &&
         record.progress_calls > progress_of_choice;
}

bool EnvironmentsHold() {
  const Model model = DrawEnvironmentModel();
  Random random(22);
  const Points queries = RandomPoints(random, Shape::kUniform, 40, 2);
  // Enough for a progress callback.
  const Points unordered = RandomPoints(random, Shape::kUniform, 5000, 2);
  Everything expected;
  if (!CallEverything(model, queries, unordered, 1, expected)) {
    return Fail(std::string("a call failed, or a callback never ran: ") +
                residual_knn_last_error());
  }
  for (const Answer& answer : expected.answers) {
    if (answer.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  }
  for (const int rounding : {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    for (const bool flush : {false, true}) {
      if (flush && !kCanFlush) continue;
      for (const bool traps : {false, true}) {
        for (const int32_t threads : {1, 3}) {
          Enter({rounding, flush, traps});
          const uint64_t before = ControlBits();
          const int traps_before = fegetexcept();  // most processors for aarch64 have none
          Everything found;
          const bool called = CallEverything(model, queries, unordered, threads, found);
          const uint64_t after = ControlBits();
          const int rounding_after = fegetround();
          const int traps_after = fegetexcept();
          fesetenv(FE_DFL_ENV);
          const std::string name = "rounding " + std::to_string(rounding) + ", flush " +
                                   std::to_string(flush) + ", traps " + std::to_string(traps) +
                                   ", threads " + std::to_string(threads) + ": ";
          if (!called) {
            return Fail(name +
                        "a call failed, or a callback never ran, or in the caller's environment");
          }
          if (!found.SameAs(expected)) return Fail(name + "another answer");
          if (before != after || rounding != rounding_after || traps_after != traps_before) {
            return Fail(name + "the environment was changed");
          }
        }
      }
    }
  }
  return true;
}

// Failing calls restore the environment too.
bool FailuresHold() {
  Enter({FE_UPWARD, kCanFlush, false});
  const uint64_t before = ControlBits();
  residual_knn_index* index = nullptr;
  const residual_knn_status status =
      residual_knn_index_create(nullptr, 1, 1, nullptr, 1, nullptr, 0, nullptr, &index);
  const bool same = ControlBits() == before && fegetround() == FE_UPWARD;
  fesetenv(FE_DFL_ENV);
  return (same && status == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT) ||
         Fail("a failing call changed the environment");
}

void TestEnvironments(void** /*state*/) { assert_true(EnvironmentsHold()); }
void TestFailures(void** /*state*/) { assert_true(FailuresHold()); }
void TestFlushing(void** /*state*/) {
  if (!kCanFlush) {
    print_message("not checked: how to flush subnormals is known for SSE2 and aarch64 only\n");
    skip();
  }
  Enter({FE_TONEAREST, true, false});
  const bool flushes = Quarter(std::numeric_limits<double>::min()) == 0;
  fesetenv(FE_DFL_ENV);
  assert_true(flushes);  // otherwise the flushing environments would be the default one
  assert_true(Quarter(std::numeric_limits<double>::min()) > 0);
}

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestEnvironments),
      cmocka_unit_test(TestFailures),
      cmocka_unit_test(TestFlushing),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
