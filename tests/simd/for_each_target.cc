#include "simd/for_each_target.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "hwy/highway.h"
#include "simd/target.h"
#include "support/test_run.h"

namespace residual_knn_test {
namespace {

// While this object exists, dispatch uses one target. Afterwards it uses the best one.
class OnlyTarget {
 public:
  explicit OnlyTarget(int64_t target) { residual_knn::UseSimdTargets(target); }
  OnlyTarget(const OnlyTarget&) = delete;
  OnlyTarget& operator=(const OnlyTarget&) = delete;
  ~OnlyTarget() { residual_knn::UseSimdTargets(0); }
};

}  // namespace

bool OnEveryTarget(const std::function<bool()>& check) {
  const std::vector<int64_t> targets = hwy::SupportedAndGeneratedTargets();
  bool all_good = true;
  for (const int64_t target : targets) {
    const OnlyTarget only(target);
    const std::string name = hwy::TargetName(target);
    const std::string used = residual_knn::SimdTargetName();
    if (used != name) return Fail("dispatch went to " + used + " instead of " + name);
    if (!check()) all_good = Fail("on target " + name);
  }
  std::printf("targets tested:");
  for (const int64_t target : targets) std::printf(" %s", hwy::TargetName(target));
  std::printf("\n");
  // On aarch64, Highway 1.0 compiles only NEON.
  if (targets.size() < std::min<size_t>(2, std::popcount(static_cast<uint64_t>(HWY_TARGETS)))) {
    return Fail("fewer than 2 targets to test");
  }
  return all_good;
}

}  // namespace residual_knn_test
