#include "simd/residual_row.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/residual_row.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "simd/covariance-inl.h"
#include "simd/dispatch.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

HWY_INLINE DoubleVector LoadAsDoubles(Doubles d, const double* from) { return hn::LoadU(d, from); }
HWY_INLINE DoubleVector LoadAsDoubles(Doubles d, const float* from) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, Doubles>(), from));
}

template <int kDimensions, class Product>
HWY_INLINE void RowOf(const CovarianceView& covariance, const ResidualPoint& point,
                      const ResidualPoints& points, const Product* products, double* out) {
  const Doubles d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const PointsView coordinates = points.coordinates;
  const double* const inverse_deviations = points.inverse_deviations;
  const double* const at = point.coordinates;
  const int64_t count = points.count;
  const DoubleVector inverse_deviation = hn::Set(d, point.inverse_deviation);
  WithFamily(covariance, [&](const auto& family) HWY_ATTR {
    for (int64_t j = 0; j < count; j += lanes) {
      const DoubleVector k = family(d, SquaredDistance<kDimensions>(d, coordinates, at, j));
      const DoubleVector residual = hn::Sub(k, LoadAsDoubles(d, products + j));
      hn::StoreU(
          hn::Mul(residual, hn::Mul(inverse_deviation, hn::LoadU(d, inverse_deviations + j))), d,
          out + j);
    }
  });
}

template <class Product>
HWY_INLINE void Row(const CovarianceView& covariance, const ResidualPoint& point,
                    const ResidualPoints& points, const Product* products, double* out) {
  if (points.coordinates.dimensions == 2) {
    RowOf<2>(covariance, point, points, products, out);
  } else {
    RowOf<0>(covariance, point, points, products, out);
  }
}

}  // namespace

void ResidualRowTarget(const CovarianceView& covariance, const ResidualPoint& point,
                       const ResidualPoints& points, const double* products, double* out) {
  Row(covariance, point, points, products, out);
}

void ResidualRow32Target(const CovarianceView& covariance, const ResidualPoint& point,
                         const ResidualPoints& points, const float* products, double* out) {
  Row(covariance, point, points, products, out);
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
HWY_EXPORT(ResidualRowTarget);
HWY_EXPORT(ResidualRow32Target);

void ResidualRow(const CovarianceView& covariance, const ResidualPoint& point,
                 const ResidualPoints& points, const double* products, double* out) {
  Chosen(HWY_DISPATCH_TABLE(ResidualRowTarget))(covariance, point, points, products, out);
}

void ResidualRow(const CovarianceView& covariance, const ResidualPoint& point,
                 const ResidualPoints& points, const float* products, double* out) {
  Chosen(HWY_DISPATCH_TABLE(ResidualRow32Target))(covariance, point, points, products, out);
}
}  // namespace residual_knn
#endif
