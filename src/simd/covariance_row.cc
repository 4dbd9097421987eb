#include "simd/covariance_row.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/covariance_row.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "simd/covariance-inl.h"
#include "simd/dispatch.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {

void CovarianceRowTarget(const CovarianceView& covariance, const PointsView& points, int64_t first,
                         int64_t count, const double* point, double* out) {
  const Doubles d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  WithFamily(covariance, [&](const auto& family) HWY_ATTR {
    int64_t j = 0;
    for (; j + lanes <= count; j += lanes) {
      hn::StoreU(family(d, SquaredDistance<0>(d, points, point, first + j)), d, out + j);
    }
    if (j < count) {
      HWY_ALIGN double tail[hn::MaxLanes(Doubles())];
      hn::Store(family(d, SquaredDistance<0>(d, points, point, first + j)), d, tail);
      for (int64_t i = 0; j + i < count; ++i) out[j + i] = tail[i];
    }
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
HWY_EXPORT(CovarianceRowTarget);

void CovarianceRow(const CovarianceView& covariance, const PointsView& points, int64_t first,
                   int64_t count, const double* point, double* out) {
  Chosen(HWY_DISPATCH_TABLE(CovarianceRowTarget))(covariance, points, first, count, point, out);
}
}  // namespace residual_knn
#endif
