#include "simd/exp_array.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/exp_array.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "simd/dispatch.h"
#include "simd/exp-inl.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {

void ExpArrayTarget(const double* x, int64_t count, double* out) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::CappedTag<double, 8> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < count; i += lanes) {
    hn::StoreU(ExpOfNegative(d, hn::LoadU(d, x + i)), d, out + i);
  }
}

void ExpArray32Target(const float* x, int64_t count, float* out) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::CappedTag<float, 16> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < count; i += lanes) {
    hn::StoreU(ExpOfNegative32(d, hn::LoadU(d, x + i)), d, out + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
namespace {
HWY_EXPORT(ExpArrayTarget);
HWY_EXPORT(ExpArray32Target);
}  // namespace
}  // namespace residual_knn

namespace residual_knn_test {

void ExpArray(const double* x, int64_t count, double* out) {
  using namespace residual_knn;
  Chosen(HWY_DISPATCH_TABLE(ExpArrayTarget))(x, count, out);
}

void ExpArray32(const float* x, int64_t count, float* out) {
  using namespace residual_knn;
  Chosen(HWY_DISPATCH_TABLE(ExpArray32Target))(x, count, out);
}

}  // namespace residual_knn_test
#endif
