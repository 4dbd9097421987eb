// The maximin order in the residual distance does not depend on the neighbor lists that shorten its work, nor on the
// number of threads.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "search/residual_order.h"
#include "support/engine_model.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualModels = 60;

EngineSpec DrawSpec(Random& random) {
  EngineSpec spec;
  spec.kernel = static_cast<int32_t>(random.Integer(0, 3));
  spec.nugget = random.Chance(0.5) ? 0 : random.Uniform(0, 0.2);
  const int64_t d = random.Integer(1, 4);
  const auto shape = static_cast<Shape>(random.Integer(0, kNumShapes - 1));
  spec.points = RandomPoints(random, shape, random.Integer(2, 400), d);
  spec.inducing = RandomRowsOf(random, spec.points, random.Integer(0, 20));
  return spec;
}

bool SpecHolds(uint64_t seed) {
  Random random(seed);
  const EngineSpec spec = DrawSpec(random);
  const residual_knn::ResidualModel model = MakeEngineModel(spec);
  residual_knn::Prepared prepared(model);
  residual_knn::Monitor monitor;
  const std::vector<int64_t> plain =
      residual_knn::ResidualMaximinOrder({model, prepared, 1, monitor}, 0);
  std::vector<int64_t> sorted = plain;
  std::sort(sorted.begin(), sorted.end());
  for (int64_t i = 0; i < model.n(); ++i) {
    if (std::ssize(sorted) != model.n() || sorted[i] != i) return Fail(seed, "no permutation");
  }
  for (const int64_t length : {int64_t{1}, int64_t{3}, int64_t{10}, model.n() - 1}) {
    const int64_t k = std::min(length, model.n() - 1);
    const int threads = static_cast<int>(random.Integer(1, 3));
    if (residual_knn::ResidualMaximinOrder({model, prepared, threads, monitor}, k) != plain) {
      return Fail(seed, "lists of " + std::to_string(k) + ": " + spec.Describe());
    }
  }
  return true;
}

void TestLists(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(SeedsHold(run, kUsualModels, SpecHolds));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {cmocka_unit_test_prestate(TestLists, &run)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
