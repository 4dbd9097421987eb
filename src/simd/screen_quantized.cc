#include "simd/screen_quantized.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/screen_quantized.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "hwy/contrib/math/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::CappedTag<float, 16>;
using FloatVector = hn::Vec<Floats>;

// exp(-x), 0 where that is below what single precision holds.
HWY_INLINE FloatVector ExpOfMinus(Floats d, FloatVector x) {
  return hn::Exp(d, hn::Max(hn::Neg(x), hn::Set(d, -87.0F)));
}

HWY_INLINE FloatVector Correlation(Floats d, CovarianceFamily family, float alpha, FloatVector r2) {
  switch (family) {
    case CovarianceFamily::kSquaredExponential:
      return ExpOfMinus(d, hn::Mul(r2, hn::Set(d, 0.5F)));
    case CovarianceFamily::kMatern12:
      return ExpOfMinus(d, hn::Sqrt(r2));
    case CovarianceFamily::kMatern32: {
      const FloatVector a = hn::Sqrt(hn::Mul(r2, hn::Set(d, 3.0F)));
      const FloatVector e = ExpOfMinus(d, a);
      return hn::MulAdd(a, e, e);
    }
    case CovarianceFamily::kMatern52: {
      const FloatVector a2 = hn::Mul(r2, hn::Set(d, 5.0F));
      const FloatVector a = hn::Sqrt(a2);
      const FloatVector e = ExpOfMinus(d, a);
      return hn::MulAdd(hn::MulAdd(a2, hn::Set(d, 1.0F / 3.0F), a), e, e);
    }
    case CovarianceFamily::kMaternTable:
    case CovarianceFamily::kRationalQuadratic:
      break;
  }
  const FloatVector log = hn::Log1p(d, hn::Mul(r2, hn::Set(d, 0.5F / alpha)));
  return ExpOfMinus(d, hn::Mul(log, hn::Set(d, alpha)));
}

template <CovarianceFamily kFamily, int kDimensions>
HWY_INLINE int64_t ScreenFamily(const QuantizedTile& tile, const QuantizedQuery& query,
                                int32_t* HWY_RESTRICT rows, float* HWY_RESTRICT scores) {
  const Floats d;
  const hn::RebindToSigned<Floats> di;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t dimensions = kDimensions == 0 ? tile.dimensions : kDimensions;
  const FloatVector variance = hn::Set(d, static_cast<float>(tile.covariance->variance));
  const auto alpha = static_cast<float>(tile.covariance->alpha);
  const FloatVector unit = hn::Set(d, query.unit);
  const FloatVector error = hn::Set(d, query.error);
  const FloatVector threshold = hn::Set(d, query.threshold);
  const FloatVector magnitude =
      hn::BitCast(d, hn::Set(di, query.signed_ranking ? int32_t{-1} : INT32_MAX));
  const float* HWY_RESTRICT coordinates = tile.coordinates + tile.first;
  const float* HWY_RESTRICT scales = tile.scales + tile.first;
  int64_t found = 0;
  for (int64_t j = 0; j < tile.count; j += lanes) {
    FloatVector r2 = hn::Zero(d);
    for (int64_t c = 0; c < dimensions; ++c) {
      const FloatVector difference =
          hn::Sub(hn::Set(d, query.point[c]), hn::LoadU(d, coordinates + c * tile.stride + j));
      r2 = hn::MulAdd(difference, difference, r2);
    }
    const FloatVector product = hn::ConvertTo(d, hn::LoadU(di, query.products + j));
    const FloatVector covariance = hn::Mul(variance, Correlation(d, kFamily, alpha, r2));
    const FloatVector ranked = hn::And(hn::NegMulAdd(product, unit, covariance), magnitude);
    const FloatVector s = hn::LoadU(d, scales + j);
    auto pass = hn::Ge(hn::Mul(hn::Add(ranked, error), s), threshold);
    if (HWY_LIKELY(hn::AllFalse(d, pass))) continue;
    if (j + lanes > tile.count) {
      pass = hn::And(pass, hn::FirstN(d, static_cast<size_t>(tile.count - j)));
    }
    hn::CompressStore(hn::Iota(di, static_cast<int32_t>(tile.first + j)), hn::RebindMask(di, pass),
                      di, rows + found);
    found += static_cast<int64_t>(hn::CompressStore(hn::Mul(ranked, s), pass, d, scores + found));
  }
  return found;
}

template <int kDimensions>
HWY_INLINE int64_t ScreenDimensions(const QuantizedTile& tile, const QuantizedQuery& query,
                                    int32_t* rows, float* scores) {
  switch (tile.covariance->family) {
    case CovarianceFamily::kSquaredExponential:
      return ScreenFamily<CovarianceFamily::kSquaredExponential, kDimensions>(tile, query, rows,
                                                                              scores);
    case CovarianceFamily::kMatern12:
      return ScreenFamily<CovarianceFamily::kMatern12, kDimensions>(tile, query, rows, scores);
    case CovarianceFamily::kMatern32:
      return ScreenFamily<CovarianceFamily::kMatern32, kDimensions>(tile, query, rows, scores);
    case CovarianceFamily::kMatern52:
      return ScreenFamily<CovarianceFamily::kMatern52, kDimensions>(tile, query, rows, scores);
    default:
      return ScreenFamily<CovarianceFamily::kRationalQuadratic, kDimensions>(tile, query, rows,
                                                                             scores);
  }
}

}  // namespace

int64_t ScreenQuantizedTarget(const QuantizedTile& tile, const QuantizedQuery& query, int32_t* rows,
                              float* scores) {
  switch (tile.dimensions) {
    case 2:
      return ScreenDimensions<2>(tile, query, rows, scores);
    case 3:
      return ScreenDimensions<3>(tile, query, rows, scores);
    default:
      return ScreenDimensions<0>(tile, query, rows, scores);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
HWY_EXPORT(ScreenQuantizedTarget);

bool CanScreenQuantized(const CovarianceView& covariance) {
  return covariance.family != CovarianceFamily::kMaternTable;
}

int64_t ScreenQuantized(const QuantizedTile& tile, const QuantizedQuery& query, int32_t* rows,
                        float* scores) {
  return HWY_DYNAMIC_DISPATCH(ScreenQuantizedTarget)(tile, query, rows, scores);
}
}  // namespace residual_knn
#endif
