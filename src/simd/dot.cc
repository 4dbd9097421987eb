#include "simd/dot.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/dot.cc"
#include "hwy/cache_control.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "simd/dispatch.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
HWY_INLINE T Dot(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, int64_t m) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  auto s0 = hn::Zero(d);
  auto s1 = hn::Zero(d);
  auto s2 = hn::Zero(d);
  auto s3 = hn::Zero(d);
  int64_t i = 0;
  for (; i + 4 * lanes <= m; i += 4 * lanes) {
    s0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), s0);
    s1 = hn::MulAdd(hn::LoadU(d, a + i + lanes), hn::LoadU(d, b + i + lanes), s1);
    s2 = hn::MulAdd(hn::LoadU(d, a + i + 2 * lanes), hn::LoadU(d, b + i + 2 * lanes), s2);
    s3 = hn::MulAdd(hn::LoadU(d, a + i + 3 * lanes), hn::LoadU(d, b + i + 3 * lanes), s3);
  }
  for (; i + lanes <= m; i += lanes) {
    s0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), s0);
  }
  T sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
  for (; i < m; ++i) sum += a[i] * b[i];
  return sum;
}

template <class T>
HWY_INLINE void DotEach(const T* a, const T* rows, int64_t m, const int64_t* candidates,
                        int64_t count, T* out) {
  constexpr int64_t kAhead = 2;  // rows are scattered in memory: prefetch them
  constexpr auto kLine = static_cast<int64_t>(64 / sizeof(T));
  for (int64_t c = 0; c < count; ++c) {
    if (c + kAhead < count) {
      const T* next = rows + candidates[c + kAhead] * m;
      for (int64_t i = 0; i < m; i += kLine) hwy::Prefetch(next + i);
    }
    out[c] = Dot(a, rows + candidates[c] * m, m);
  }
}

}  // namespace

void DotRowsTarget(const double* a, const double* rows, int64_t m, const int64_t* candidates,
                   int64_t count, double* out) {
  DotEach(a, rows, m, candidates, count, out);
}

void DotRows32Target(const float* a, const float* rows, int64_t m, const int64_t* candidates,
                     int64_t count, float* out) {
  DotEach(a, rows, m, candidates, count, out);
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
HWY_EXPORT(DotRowsTarget);
HWY_EXPORT(DotRows32Target);

void DotRows(const double* a, const double* rows, int64_t m, const int64_t* candidates,
             int64_t count, double* out) {
  Chosen(HWY_DISPATCH_TABLE(DotRowsTarget))(a, rows, m, candidates, count, out);
}

void DotRows(const float* a, const float* rows, int64_t m, const int64_t* candidates, int64_t count,
             float* out) {
  Chosen(HWY_DISPATCH_TABLE(DotRows32Target))(a, rows, m, candidates, count, out);
}
}  // namespace residual_knn
#endif
