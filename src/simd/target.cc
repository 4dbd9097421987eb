#include "simd/target.h"

#include <atomic>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/target.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "simd/dispatch.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {

const char* SimdTargetNameTarget() { return hwy::TargetName(HWY_TARGET); }

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
HWY_EXPORT(SimdTargetNameTarget);

namespace {

size_t IndexOfBest(int64_t targets) {
  hwy::ChosenTarget chosen;
  chosen.Update(targets);
  return chosen.GetIndex();
}

// Set when the library is loaded, before any call of it.
const size_t best = IndexOfBest(hwy::SupportedTargets());
std::atomic<size_t> index{best};

}  // namespace

size_t SimdTargetIndex() { return index.load(std::memory_order_relaxed); }

void UseSimdTargets(int64_t targets) { index = targets == 0 ? best : IndexOfBest(targets); }

const char* SimdTargetName() { return Chosen(HWY_DISPATCH_TABLE(SimdTargetNameTarget))(); }
}  // namespace residual_knn
#endif
