// Covariance families as functions of the squared scaled distance, one vector of pairs at a time.
#if defined(RESIDUAL_KNN_SIMD_COVARIANCE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RESIDUAL_KNN_SIMD_COVARIANCE_INL_H_
#undef RESIDUAL_KNN_SIMD_COVARIANCE_INL_H_
#else
#define RESIDUAL_KNN_SIMD_COVARIANCE_INL_H_
#endif

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"
#include "simd/covariance_view.h"
#include "simd/exp-inl.h"
#include "simd/matern_table-inl.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
// At most 8 lanes, because arrays are readable for 8 values beyond their end.
using Doubles = hn::CappedTag<double, 8>;
using DoubleVector = hn::Vec<Doubles>;

// Each family maps a squared distance to variance * correlation.
struct SquaredExponential {
  explicit SquaredExponential(const CovarianceView& view) : variance(view.variance) {}
  HWY_INLINE DoubleVector operator()(Doubles d, DoubleVector r2) const {
    return hn::Mul(hn::Set(d, variance), ExpOfNegative(d, hn::Mul(r2, hn::Set(d, -0.5))));
  }
  double variance;
};

struct Matern12 {
  explicit Matern12(const CovarianceView& view) : variance(view.variance) {}
  HWY_INLINE DoubleVector operator()(Doubles d, DoubleVector r2) const {
    return hn::Mul(hn::Set(d, variance), ExpOfNegative(d, hn::Neg(hn::Sqrt(r2))));
  }
  double variance;
};

struct Matern32 {
  explicit Matern32(const CovarianceView& view) : variance(view.variance) {}
  HWY_INLINE DoubleVector operator()(Doubles d, DoubleVector r2) const {
    const DoubleVector a = hn::Sqrt(hn::Mul(r2, hn::Set(d, 3.0)));
    const DoubleVector v = hn::Set(d, variance);
    return hn::Mul(hn::MulAdd(a, v, v), ExpOfNegative(d, hn::Neg(a)));
  }
  double variance;
};

struct Matern52 {
  explicit Matern52(const CovarianceView& view) : variance(view.variance) {}
  HWY_INLINE DoubleVector operator()(Doubles d, DoubleVector r2) const {
    const DoubleVector a2 = hn::Mul(r2, hn::Set(d, 5.0));
    const DoubleVector a = hn::Sqrt(a2);
    const DoubleVector polynomial =
        hn::Add(hn::MulAdd(a2, hn::Set(d, 1.0 / 3.0), a), hn::Set(d, 1.0));
    // The exponential is multiplied first: the polynomial alone times a large variance may overflow.
    return hn::Mul(hn::Mul(polynomial, ExpOfNegative(d, hn::Neg(a))), hn::Set(d, variance));
  }
  double variance;
};

struct MaternAnyNu {
  explicit MaternAnyNu(const CovarianceView& view) : variance(view.variance), table(view.table) {}
  HWY_INLINE DoubleVector operator()(Doubles d, DoubleVector r2) const {
    return hn::Mul(hn::Set(d, variance), MaternFromTable(d, table, r2));
  }
  double variance;
  MaternTableView table;
};

struct RationalQuadratic {
  explicit RationalQuadratic(const CovarianceView& view)
      : variance(view.variance), alpha(view.alpha), scale(0.5 / view.alpha) {}
  HWY_INLINE DoubleVector operator()(Doubles d, DoubleVector r2) const {
    const DoubleVector log = hn::Log1p(d, hn::Mul(r2, hn::Set(d, scale)));
    return hn::Mul(hn::Set(d, variance), ExpOfNegative(d, hn::Mul(log, hn::Set(d, -alpha))));
  }
  double variance;
  double alpha;
  double scale;
};

// Calls use(family) with the family of the view, so that loops are compiled for each.
template <class Use>
HWY_INLINE auto WithFamily(const CovarianceView& view, const Use& use) {
  switch (view.family) {
    case CovarianceFamily::kSquaredExponential:
      return use(SquaredExponential(view));
    case CovarianceFamily::kMatern12:
      return use(Matern12(view));
    case CovarianceFamily::kMatern32:
      return use(Matern32(view));
    case CovarianceFamily::kMatern52:
      return use(Matern52(view));
    case CovarianceFamily::kMaternTable:
      return use(MaternAnyNu(view));
    case CovarianceFamily::kRationalQuadratic:
      break;
  }
  return use(RationalQuadratic(view));
}

// Sum of squared differences, never the expansion |x|^2 + |y|^2 - 2 x.y, which cancels.
// kDimensions: the number of coordinates, or 0 if it is points.dimensions, known at run time only.
template <int kDimensions>
HWY_INLINE DoubleVector SquaredDistance(Doubles d, const PointsView& points,
                                        const double* HWY_RESTRICT point, int64_t j) {
  const int64_t dimensions = kDimensions == 0 ? points.dimensions : kDimensions;
  DoubleVector sum = hn::Zero(d);
  for (int64_t c = 0; c < dimensions; ++c) {
    const DoubleVector difference =
        hn::Sub(hn::Set(d, point[c]), hn::LoadU(d, points.values + c * points.stride + j));
    sum = hn::MulAdd(difference, difference, sum);
  }
  return sum;
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#endif  // toggle
