#include "simd/target.h"

#include <algorithm>
#include <atomic>
#include <iterator>

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

bool HasBitsOfSimdTarget(std::string_view name) {
  // A dot product is summed in the order that the number of lanes gives, and a multiply-add is rounded once or twice. In
  // each of these lists, both are the same.
  constexpr std::string_view kLists[][4] = {{"AVX3", "AVX3_DL", "AVX3_ZEN4", "AVX3_SPR"},
                                            {"SSE2", "SSSE3", "SSE4", "SSE4"}};
  const std::string_view present = SimdTargetName();
  if (name == present) return true;
  return std::any_of(std::begin(kLists), std::end(kLists), [&](const auto& list) {
    return std::count(std::begin(list), std::end(list), name) > 0 &&
           std::count(std::begin(list), std::end(list), present) > 0;
  });
}
}  // namespace residual_knn
#endif
