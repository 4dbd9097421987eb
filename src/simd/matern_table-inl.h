// Matern correlation of any smoothness from a table, for Highway kernels: include it after
// hwy/highway.h in a file that is compiled for each target.

// The include guard is toggled for each target.
#if defined(RESIDUAL_KNN_SIMD_MATERN_TABLE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RESIDUAL_KNN_SIMD_MATERN_TABLE_INL_H_
#undef RESIDUAL_KNN_SIMD_MATERN_TABLE_INL_H_
#else
#define RESIDUAL_KNN_SIMD_MATERN_TABLE_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "simd/matern_table_view.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {

// Correlations at the squared scaled distances r2, which must not be negative or NaN. D is a tag of
// doubles.
template <class D, class V = hwy::HWY_NAMESPACE::Vec<D>>
HWY_INLINE V MaternFromTable(D d, const MaternTableView& table, V r2) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::RebindToUnsigned<D> du;
  const hn::RebindToSigned<D> di;
  constexpr int kMantissaBits = 52;
  constexpr uint64_t kMantissa = (uint64_t{1} << kMantissaBits) - 1;

  const V x =
      hn::Max(hn::Mul(hn::Min(r2, hn::Set(d, table.highest)), hn::Set(d, MaternTableView::kScale)),
              hn::Set(d, table.lowest));
  const auto bits = hn::BitCast(du, x);
  const auto octave = hn::Sub(hn::ShiftRight<kMantissaBits>(bits),
                              hn::Set(du, static_cast<uint64_t>(table.first_octave)));
  const auto word = hn::BitCast(du, hn::GatherIndex(di, table.octaves, hn::BitCast(di, octave)));
  const auto shift = hn::And(word, hn::Set(du, (uint64_t{1} << MaternTableView::kShiftBits) - 1));
  const auto mantissa = hn::And(bits, hn::Set(du, kMantissa));
  const auto interval = hn::Shr(mantissa, shift);
  // t is the rest of the mantissa as a number below 1. The bits of 1 + t are put together, and 1 is subtracted
  // without rounding.
  const auto rest = hn::Xor(mantissa, hn::Shl(interval, shift));
  const auto one = hn::Set(d, 1.0);
  const V t = hn::Sub(hn::BitCast(d, hn::Or(rest, hn::BitCast(du, one))), one);

  static_assert(MaternTableView::kCoefficients == 8, "the index counts in eights");
  const auto index = hn::BitCast(
      di, hn::ShiftLeft<3>(hn::Add(interval, hn::ShiftRight<MaternTableView::kShiftBits>(word))));
  V sum = hn::GatherIndex(d, table.coefficients + MaternTableView::kCoefficients - 1, index);
  for (int k = MaternTableView::kCoefficients - 2; k >= 0; --k) {
    sum = hn::MulAdd(sum, t, hn::GatherIndex(d, table.coefficients + k, index));
  }
  return sum;
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
