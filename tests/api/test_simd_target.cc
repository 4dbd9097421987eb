// Another user of libhwy in this process switches its targets, also during a call. An index continues with the same
// bytes, and new indexes give the same bytes.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "hwy/targets.h"
#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

Model DrawTargetModel(const TestRun& run, int32_t kernel) {
  Random random(run.seed);
  Model model;
  model.kernel.family = kernel;
  model.kernel.lengthscales = {0.3};
  model.points = RandomPoints(random, Shape::kUniform, run.ScaledRows(1500), 3);
  model.inducing = RandomRowsOf(random, model.points, 60);
  return model;
}

struct Result {
  FactorCopy factor;
  std::vector<Answer> answers;
  std::string target;

  [[nodiscard]] bool SameAs(const Result& other) const {
    bool same = factor.SameAs(other.factor) && target == other.target &&
                answers.size() == other.answers.size();
    for (size_t i = 0; same && i < answers.size(); ++i) same = answers[i].SameAs(other.answers[i]);
    return same;
  }
};

Result ResultOf(const residual_knn_index* index, Manner manner) {
  Result result;
  result.target = residual_knn_simd_target();
  result.factor = FactorOf(index);
  Question question;
  question.k = 8;
  for (int64_t row = 0; row < 1500; row += 3) question.rows.push_back(row);
  for (const int32_t strategy : kAllStrategies) {
    manner.strategy = strategy;
    result.answers.push_back(Ask(index, question, manner));
  }
  return result;
}

// Switches at each callback.
int32_t Switch(void* user, int64_t, int64_t) {
  auto& targets = *static_cast<std::vector<int64_t>*>(user);
  hwy::SetSupportedTargetsForTest(targets.back());
  targets.insert(targets.begin(), targets.back());
  targets.pop_back();
  return 0;
}

// The sets of targets that another user may leave: a single target, or all targets except the best ones.
std::vector<int64_t> Switches() {
  std::vector<int64_t> switches;
  const int64_t supported = hwy::SupportedTargets();
  for (int64_t bit = 1; bit != 0 && bit <= supported; bit <<= 1) {
    if ((supported & bit) == 0) continue;
    switches.push_back(bit);
    if (const int64_t worse = supported & ~(2 * bit - 1); worse != 0) switches.push_back(worse);
  }
  return switches;
}

bool SwitchesAreNotFelt(const TestRun& run, int32_t kernel) {
  const Model model = DrawTargetModel(run, kernel);
  const CreatedIndex created = CreateIndex(model);
  if (created.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  const Result expected = ResultOf(created.index.get(), {});
  std::vector<int64_t> switches = Switches();
  if (switches.size() < 3) return Fail("this machine has too few targets to switch between");
  for (const int64_t targets : std::vector<int64_t>(switches)) {
    hwy::SetSupportedTargetsForTest(targets);
    if (hwy::SupportedTargets() != targets) return Fail("libhwy was not switched");
    const std::string name = "targets " + std::to_string(targets);
    if (!ResultOf(created.index.get(), {}).SameAs(expected)) return Fail(name + ": an old index");
    const CreatedIndex fresh = CreateIndex(model);
    if (!ResultOf(fresh.index.get(), {}).SameAs(expected)) return Fail(name + ": a new index");
    // While calls run.
    Manner manner;
    manner.progress = Switch;
    manner.progress_user = &switches;
    if (!ResultOf(fresh.index.get(), manner).SameAs(expected)) return Fail(name + ": in callbacks");
  }
  hwy::SetSupportedTargetsForTest(0);
  return true;
}

void TestSwitches(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  constexpr int32_t kKernels[] = {RESIDUAL_KNN_MATERN, RESIDUAL_KNN_MATERN32,
                                  RESIDUAL_KNN_SQUARED_EXPONENTIAL};
  for (int64_t i = 0; i < std::min<int64_t>(run.Scaled(3), 3); ++i) {
    assert_true(SwitchesAreNotFelt(run, kKernels[i]));
  }
}

// This cannot be undone, so it is the last test.
void TestDisabledTargets(void** state) {
  const Model model = DrawTargetModel(*static_cast<const TestRun*>(*state), RESIDUAL_KNN_MATERN);
  const CreatedIndex created = CreateIndex(model);
  const Result expected = ResultOf(created.index.get(), {});
  const int64_t supported = hwy::SupportedTargets();
  hwy::DisableTargets(supported & -supported);
  assert_true(hwy::SupportedTargets() != supported);
  assert_true(ResultOf(created.index.get(), {}).SameAs(expected));
  assert_true(ResultOf(CreateIndex(model).index.get(), {}).SameAs(expected));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestSwitches, &run),
      cmocka_unit_test_prestate(TestDisabledTargets, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
