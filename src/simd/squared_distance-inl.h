// Squared Euclidean distances of vectors of points to one center.
//
// Lanes are points. A squared distance is the sum of squared differences in coordinate order. Multiplication and addition
// are not fused, so that targets with and without FMA round in the same way.
#if defined(RESIDUAL_KNN_SIMD_SQUARED_DISTANCE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RESIDUAL_KNN_SIMD_SQUARED_DISTANCE_INL_H_
#undef RESIDUAL_KNN_SIMD_SQUARED_DISTANCE_INL_H_
#else
#define RESIDUAL_KNN_SIMD_SQUARED_DISTANCE_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"

#include "simd/point_range.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {

// At most 8 lanes, so that the tail reads no farther than the padding.
using PointLanes = hwy::HWY_NAMESPACE::CappedTag<double, 8>;
using PointVector = hwy::HWY_NAMESPACE::Vec<PointLanes>;

HWY_INLINE PointVector AddSquare(PointVector sum, PointVector difference) {
  namespace hn = hwy::HWY_NAMESPACE;
  return hn::Add(sum, hn::Mul(difference, difference));
}

// Of the points from j on.
HWY_INLINE PointVector SquaredDistance(const PointRange& points, int64_t j, const double* center) {
  namespace hn = hwy::HWY_NAMESPACE;
  const PointLanes d;
  PointVector sq = hn::Zero(d);
  for (int64_t c = 0; c < points.dimensions; ++c) {
    const PointVector x = hn::LoadU(d, points.data + c * points.stride + j);
    sq = AddSquare(sq, hn::Sub(x, hn::Set(d, center[c])));
  }
  return sq;
}

// Of four vectors of points. They share each broadcast coordinate of the center. Their sums are independent, which
// hides the latency of additions.
HWY_INLINE void FourSquaredDistances(const PointRange& points, int64_t j, const double* center,
                                     PointVector& sq0, PointVector& sq1, PointVector& sq2,
                                     PointVector& sq3) {
  namespace hn = hwy::HWY_NAMESPACE;
  const PointLanes d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  sq0 = hn::Zero(d);
  sq1 = hn::Zero(d);
  sq2 = hn::Zero(d);
  sq3 = hn::Zero(d);
  for (int64_t c = 0; c < points.dimensions; ++c) {
    const double* x = points.data + c * points.stride + j;
    const PointVector y = hn::Set(d, center[c]);
    sq0 = AddSquare(sq0, hn::Sub(hn::LoadU(d, x), y));
    sq1 = AddSquare(sq1, hn::Sub(hn::LoadU(d, x + lanes), y));
    sq2 = AddSquare(sq2, hn::Sub(hn::LoadU(d, x + 2 * lanes), y));
    sq3 = AddSquare(sq3, hn::Sub(hn::LoadU(d, x + 3 * lanes), y));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#endif  // toggle
