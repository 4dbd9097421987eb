#include "simd/pivot_bounds.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/pivot_bounds.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "base/assert.h"
#include "simd/dispatch.h"
#include "simd/store_selected-inl.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Doubles = hn::CappedTag<double, 8>;
using Floats = hn::CappedTag<float, 16>;

}  // namespace

void BlockBoundsTarget(const double* squares, const double* totals, int64_t count,
                       double unexplained, double largest_total, double* out) {
  const Doubles d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto b = hn::Set(d, largest_total);
  const auto e = hn::Set(d, unexplained);
  const auto sine = hn::Sqrt(e);
  const auto cosine = hn::Sqrt(hn::Max(hn::Sub(b, e), hn::Zero(d)));
  for (int64_t q = 0; q < count; q += lanes) {
    const auto a = hn::LoadU(d, totals + q);
    const auto z2 = hn::Min(hn::LoadU(d, squares + q), a);
    const auto rest2 = hn::Sub(a, z2);
    const auto bound = hn::MulAdd(hn::Sqrt(z2), cosine, hn::Mul(hn::Sqrt(rest2), sine));
    // If e a >= b (a - |z|^2), the largest bound over the block is that of Cauchy-Schwarz alone, which is at least 1.
    const auto useful = hn::Lt(hn::Mul(e, a), hn::Mul(b, rest2));
    hn::StoreU(hn::IfThenElse(useful, bound, hn::Set(d, 2.0)), d, out + q);
  }
}

int64_t OpenPointsTarget(const PointsInSpan& points, const QueryInSpan& query, int32_t* out) {
  const float* const z = query.z;
  const float* const roots = points.roots;
  const int64_t rank = points.rank;
  const int64_t stride = points.stride;
  const int64_t count = points.count;
  const Floats d;
  const hn::RebindToSigned<Floats> di;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto c = hn::Set(d, query.rest);
  const auto t = hn::Set(d, query.threshold);
  int64_t found = 0;
  constexpr int kVectors = 4;
  for (int64_t j = 0; j < count; j += kVectors * lanes) {
    auto sum0 = hn::Zero(d);
    auto sum1 = hn::Zero(d);
    auto sum2 = hn::Zero(d);
    auto sum3 = hn::Zero(d);
    const float* HWY_RESTRICT at = points.w + j;
    if (j + lanes >= count) {
      for (int64_t a = 0; a < rank; ++a) {
        sum0 = hn::MulAdd(hn::Set(d, z[a]), hn::LoadU(d, at + a * stride), sum0);
      }
    } else if (j + 2 * lanes >= count) {
      for (int64_t a = 0; a < rank; ++a) {
        const auto za = hn::Set(d, z[a]);
        sum0 = hn::MulAdd(za, hn::LoadU(d, at + a * stride), sum0);
        sum1 = hn::MulAdd(za, hn::LoadU(d, at + a * stride + lanes), sum1);
      }
    } else if (j + 3 * lanes >= count) {
      for (int64_t a = 0; a < rank; ++a) {
        const auto za = hn::Set(d, z[a]);
        sum0 = hn::MulAdd(za, hn::LoadU(d, at + a * stride), sum0);
        sum1 = hn::MulAdd(za, hn::LoadU(d, at + a * stride + lanes), sum1);
        sum2 = hn::MulAdd(za, hn::LoadU(d, at + a * stride + 2 * lanes), sum2);
      }
    } else {
      for (int64_t a = 0; a < rank; ++a) {
        const auto za = hn::Set(d, z[a]);
        sum0 = hn::MulAdd(za, hn::LoadU(d, at + a * stride), sum0);
        sum1 = hn::MulAdd(za, hn::LoadU(d, at + a * stride + lanes), sum1);
        sum2 = hn::MulAdd(za, hn::LoadU(d, at + a * stride + 2 * lanes), sum2);
        sum3 = hn::MulAdd(za, hn::LoadU(d, at + a * stride + 3 * lanes), sum3);
      }
    }
    const auto keep = [&](int64_t first, hn::Vec<Floats> sum) HWY_ATTR {
      if (first >= count) return;
      const auto bound = hn::MulAdd(c, hn::LoadU(d, roots + first), hn::Abs(sum));
      auto open = hn::Ge(bound, t);
      if (hn::AllFalse(d, open)) return;
      if (first + lanes > count) {
        open = hn::And(open, hn::FirstN(d, static_cast<size_t>(count - first)));
      }
      const auto index = hn::Iota(di, static_cast<int32_t>(first));
      StoreSelected(di, index, hn::RebindMask(di, open), out + found);
      found += static_cast<int64_t>(hn::CountTrue(d, open));
    };
    keep(j, sum0);
    keep(j + lanes, sum1);
    keep(j + 2 * lanes, sum2);
    keep(j + 3 * lanes, sum3);
  }
  return found;
}

void ColumnSquaresTarget(const float* values, int64_t rows, int64_t stride, int64_t count,
                         double* out) {
  const Doubles d;
  const hn::Rebind<float, Doubles> single;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t q = 0; q < count; q += lanes) {
    auto sum = hn::Zero(d);
    for (int64_t a = 0; a < rows; ++a) {
      const auto v = hn::PromoteTo(d, hn::LoadU(single, values + a * stride + q));
      sum = hn::MulAdd(v, v, sum);
    }
    hn::StoreU(sum, d, out + q);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
HWY_EXPORT(BlockBoundsTarget);
HWY_EXPORT(OpenPointsTarget);
HWY_EXPORT(ColumnSquaresTarget);

void BlockBounds(const double* squares, const double* totals, int64_t count, double unexplained,
                 double largest_total, double* out) {
  RESIDUAL_KNN_ASSERT(count % 8 == 0);
  Chosen(HWY_DISPATCH_TABLE(BlockBoundsTarget))(squares, totals, count, unexplained, largest_total,
                                                out);
}

int64_t OpenPoints(const PointsInSpan& points, const QueryInSpan& query, int32_t* out) {
  RESIDUAL_KNN_ASSERT(points.count <= points.stride);
  return Chosen(HWY_DISPATCH_TABLE(OpenPointsTarget))(points, query, out);
}

void ColumnSquares(const float* values, int64_t rows, int64_t stride, int64_t count, double* out) {
  RESIDUAL_KNN_ASSERT(count % 8 == 0 && count <= stride);
  Chosen(HWY_DISPATCH_TABLE(ColumnSquaresTarget))(values, rows, stride, count, out);
}
}  // namespace residual_knn
#endif
