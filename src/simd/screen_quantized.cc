#include "simd/screen_quantized.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/screen_quantized.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "simd/dispatch.h"

#include "hwy/contrib/math/math-inl.h"
#include "simd/exp-inl.h"
#include "simd/store_selected-inl.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::CappedTag<float, 16>;
using FloatVector = hn::Vec<Floats>;

HWY_INLINE FloatVector Correlation(Floats d, CovarianceFamily family, float alpha, FloatVector r2) {
  switch (family) {
    case CovarianceFamily::kSquaredExponential:
      return ExpOfNegative32(d, hn::Mul(r2, hn::Set(d, -0.5F)));
    case CovarianceFamily::kMatern12:
      return ExpOfNegative32(d, hn::Neg(hn::Sqrt(r2)));
    case CovarianceFamily::kMatern32: {
      const FloatVector a = hn::Sqrt(hn::Mul(r2, hn::Set(d, 3.0F)));
      const FloatVector e = ExpOfNegative32(d, hn::Neg(a));
      return hn::MulAdd(a, e, e);
    }
    case CovarianceFamily::kMatern52: {
      const FloatVector a2 = hn::Mul(r2, hn::Set(d, 5.0F));
      const FloatVector a = hn::Sqrt(a2);
      const FloatVector e = ExpOfNegative32(d, hn::Neg(a));
      return hn::MulAdd(hn::MulAdd(a2, hn::Set(d, 1.0F / 3.0F), a), e, e);
    }
    case CovarianceFamily::kMaternTable:
    case CovarianceFamily::kRationalQuadratic:
      break;
  }
  const FloatVector log = hn::Log1p(d, hn::Mul(r2, hn::Set(d, 0.5F / alpha)));
  return ExpOfNegative32(d, hn::Mul(log, hn::Set(d, -alpha)));
}

template <CovarianceFamily kFamily, int kDimensions>
HWY_INLINE int64_t ScreenFamily(const QuantizedTile& tile, const QuantizedQuery& query,
                                int32_t* HWY_RESTRICT rows, float* HWY_RESTRICT scores) {
  const Floats d;
  const hn::RebindToSigned<Floats> di;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t dimensions = kDimensions == 0 ? tile.dimensions : kDimensions;
  const int64_t stride = tile.stride;
  const int64_t count = tile.count;
  const float* HWY_RESTRICT point = query.point;
  const int32_t* HWY_RESTRICT products = query.products;
  const FloatVector variance = hn::Set(d, static_cast<float>(tile.covariance->variance));
  const auto alpha = static_cast<float>(tile.covariance->alpha);
  const FloatVector step = hn::Set(d, query.step);
  const FloatVector norm = hn::Set(d, query.norm);
  const FloatVector rest = hn::Set(d, query.rest);
  const FloatVector most = hn::Set(d, query.covariance_error);
  const FloatVector rate = hn::Set(d, query.covariance_rate);
  const FloatVector least = hn::Set(d, query.covariance_floor);
  const FloatVector threshold = hn::Set(d, query.threshold);
  const FloatVector magnitude =
      hn::BitCast(d, hn::Set(di, query.signed_ranking ? int32_t{-1} : INT32_MAX));
  const float* HWY_RESTRICT coordinates = tile.coordinates + tile.first;
  const float* HWY_RESTRICT inverse_deviations = tile.inverse_deviations + tile.first;
  const float* HWY_RESTRICT steps = tile.steps + tile.first;
  const float* HWY_RESTRICT rests = tile.rests + tile.first;
  const float* HWY_RESTRICT norms = tile.norms + tile.first;
  int64_t found = 0;
  for (int64_t j = 0; j < count; j += lanes) {
    FloatVector r2 = hn::Zero(d);
    for (int64_t c = 0; c < dimensions; ++c) {
      const FloatVector difference =
          hn::Sub(hn::Set(d, point[c]), hn::LoadU(d, coordinates + c * stride + j));
      r2 = hn::MulAdd(difference, difference, r2);
    }
    const FloatVector product = hn::ConvertTo(d, hn::LoadU(di, products + j));
    const FloatVector covariance = hn::Mul(variance, Correlation(d, kFamily, alpha, r2));
    const FloatVector units_of_pair = hn::Mul(step, hn::LoadU(d, steps + j));
    const FloatVector ranked =
        hn::And(hn::NegMulAdd(product, units_of_pair, covariance), magnitude);
    const FloatVector of_covariance = hn::Min(most, hn::MulAdd(rate, covariance, least));
    const FloatVector error = hn::MulAdd(norm, hn::LoadU(d, rests + j),
                                         hn::MulAdd(rest, hn::LoadU(d, norms + j), of_covariance));
    const FloatVector s = hn::LoadU(d, inverse_deviations + j);
    auto pass = hn::Ge(hn::Mul(hn::Add(ranked, error), s), threshold);
    if (HWY_LIKELY(hn::AllFalse(d, pass))) continue;
    if (j + lanes > count) {
      pass = hn::And(pass, hn::FirstN(d, static_cast<size_t>(count - j)));
    }
    StoreSelected(di, hn::Iota(di, static_cast<int32_t>(tile.first + j)), hn::RebindMask(di, pass),
                  rows + found);
    StoreSelected(d, hn::Mul(ranked, s), pass, scores + found);
    found += static_cast<int64_t>(hn::CountTrue(d, pass));
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
    case CovarianceFamily::kRationalQuadratic:
      return ScreenFamily<CovarianceFamily::kRationalQuadratic, kDimensions>(tile, query, rows,
                                                                             scores);
    case CovarianceFamily::kMaternTable:
      break;  // the caller asks CanScreenQuantized first
  }
  return 0;
}

}  // namespace

int64_t ScreenQuantizedTarget(const QuantizedTile& tile, const QuantizedQuery& query, int32_t* rows,
                              float* scores) {
  switch (tile.dimensions) {
    case 2:
      return ScreenDimensions<2>(tile, query, rows, scores);
    case 3:
      return ScreenDimensions<3>(tile, query, rows, scores);
    case 4:
      return ScreenDimensions<4>(tile, query, rows, scores);
    case 5:
      return ScreenDimensions<5>(tile, query, rows, scores);
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
  switch (covariance.family) {
    case CovarianceFamily::kSquaredExponential:
    case CovarianceFamily::kMatern12:
    case CovarianceFamily::kMatern32:
    case CovarianceFamily::kMatern52:
    case CovarianceFamily::kRationalQuadratic:
      return true;
    case CovarianceFamily::kMaternTable:
      break;
  }
  return false;
}

int64_t ScreenQuantized(const QuantizedTile& tile, const QuantizedQuery& query, int32_t* rows,
                        float* scores) {
  return Chosen(HWY_DISPATCH_TABLE(ScreenQuantizedTarget))(tile, query, rows, scores);
}
}  // namespace residual_knn
#endif
