#include "simd/screen.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/screen.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "simd/covariance-inl.h"
#include "simd/dispatch.h"
#include "simd/store_selected-inl.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

// `covariance_at(j)` and `product_at(j)` return vectors: the covariances and products of candidates j, j + 1, ... of
// the tile.
template <class CovarianceAt, class ProductAt>
HWY_INLINE int64_t ScreenProducts(const ScreenTile& tile, const ScreenQuery& query,
                                  const ScreenSurvivors& survivors,
                                  const CovarianceAt& covariance_at, const ProductAt& product_at) {
  const Doubles d;
  const hn::RebindToSigned<Doubles> di;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const DoubleVector error = hn::Set(d, query.error);
  const DoubleVector threshold = hn::Set(d, query.threshold);
  // A mask that clears the sign bit; in signed ranking it clears nothing.
  const DoubleVector magnitude =
      hn::BitCast(d, hn::Set(di, query.signed_ranking ? int64_t{-1} : INT64_MAX));
  const double* HWY_RESTRICT inverse_deviation = tile.inverse_deviation + tile.first;
  int64_t found = 0;
  for (int64_t j = 0; j < tile.count; j += lanes) {
    const DoubleVector covariance = covariance_at(j);
    const DoubleVector residual = hn::Sub(covariance, product_at(j));
    const DoubleVector ranked = hn::And(residual, magnitude);
    const DoubleVector s = hn::LoadU(d, inverse_deviation + j);
    auto pass = hn::Ge(hn::Mul(hn::Add(ranked, error), s), threshold);
    if (HWY_LIKELY(hn::AllFalse(d, pass))) continue;
    if (j + lanes > tile.count) {
      pass = hn::And(pass, hn::FirstN(d, static_cast<size_t>(tile.count - j)));
    }
    const auto rows = hn::Iota(di, tile.first + j);
    StoreSelected(di, rows, hn::RebindMask(di, pass), survivors.row + found);
    StoreSelected(d, hn::Mul(ranked, s), pass, survivors.score + found);
    StoreSelected(d, covariance, pass, survivors.covariance + found);
    found += static_cast<int64_t>(hn::CountTrue(d, pass));
  }
  return found;
}

template <class CovarianceAt>
HWY_INLINE int64_t ScreenWith(const ScreenTile& tile, const ScreenQuery& query,
                              const ScreenSurvivors& survivors, const CovarianceAt& covariance_at) {
  if (query.products32 != nullptr) {
    return ScreenProducts(tile, query, survivors, covariance_at, [&](int64_t j) HWY_ATTR {
      const hn::Rebind<float, Doubles> single;
      return hn::PromoteTo(Doubles(), hn::LoadU(single, query.products32 + j));
    });
  }
  return ScreenProducts(tile, query, survivors, covariance_at, [&](int64_t j) HWY_ATTR {
    return hn::LoadU(Doubles(), query.products + j);
  });
}

template <int kDimensions>
HWY_INLINE int64_t ScreenPoints(const ScreenTile& tile, const ScreenQuery& query,
                                const ScreenSurvivors& survivors) {
  return WithFamily(*tile.covariance, [&](const auto& family) HWY_ATTR {
    return ScreenWith(tile, query, survivors, [&](int64_t j) HWY_ATTR {
      const Doubles d;
      return family(d, SquaredDistance<kDimensions>(d, tile.points, query.point, tile.first + j));
    });
  });
}

}  // namespace

int64_t ScreenTarget(const ScreenTile& tile, const ScreenQuery& query,
                     const ScreenSurvivors& survivors) {
  if (tile.covariance == nullptr) {
    return ScreenWith(tile, query, survivors, [&](int64_t j) HWY_ATTR {
      return hn::LoadU(Doubles(), query.covariances + j);
    });
  }
  switch (tile.points.dimensions) {
    case 2:
      return ScreenPoints<2>(tile, query, survivors);
    case 3:
      return ScreenPoints<3>(tile, query, survivors);
    default:
      return ScreenPoints<0>(tile, query, survivors);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
HWY_EXPORT(ScreenTarget);

int64_t Screen(const ScreenTile& tile, const ScreenQuery& query, const ScreenSurvivors& survivors) {
  return Chosen(HWY_DISPATCH_TABLE(ScreenTarget))(tile, query, survivors);
}
}  // namespace residual_knn
#endif
