// The name of the SIMD target in use.
#include <cstdio>
#include <string>

#include "hwy/highway.h"
#include "simd/for_each_target.h"
#include "simd/target.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

// By default, dispatch uses the best target, which has the lowest bit.
bool BestTargetIsUsed() {
  const int64_t best = hwy::SupportedAndGeneratedTargets().front();
  const std::string used = residual_knn::SimdTargetName();
  std::printf("target in use: %s\n", used.c_str());
  return used == hwy::TargetName(best) || Fail("the target in use is " + used);
}

// OnEveryTarget compares the name with that of the target.
bool NamesHold() {
  return OnEveryTarget([] {
    const std::string name = residual_knn::SimdTargetName();
    return (!name.empty() && name != "Unknown") || Fail("a target without a name");
  });
}

void TestTarget(void**) {
  assert_true(BestTargetIsUsed());
  assert_true(NamesHold());
  assert_true(BestTargetIsUsed());
}

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
  const CMUnitTest tests[] = {cmocka_unit_test(TestTarget)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
