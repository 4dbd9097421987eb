// exp(x) for x <= 0, the one transcendental function in most covariance families, in both precisions.
// Error below 1.125 ulp for x >= -708 (measured: 1.09). Smaller x give 0: a subnormal number, or a
// product that is one, takes the processor some hundred cycles.
#if defined(RESIDUAL_KNN_SIMD_EXP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RESIDUAL_KNN_SIMD_EXP_INL_H_
#undef RESIDUAL_KNN_SIMD_EXP_INL_H_
#else
#define RESIDUAL_KNN_SIMD_EXP_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {

template <class D, class V>
HWY_INLINE V ExpOfNegative(D d, V x) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::RebindToSigned<D> di;
  const V lowest = hn::Set(d, -708.0);
  const auto in_range = hn::Ge(x, lowest);
  x = hn::Max(x, lowest);
  // k = round(x / ln 2) appears in the low bits of the sum with 1.5 * 2^52.
  const V magic = hn::Set(d, 0x1.8p52);
  const V shifted = hn::MulAdd(x, hn::Set(d, 0x1.71547652b82fep0), magic);
  const V k = hn::Sub(shifted, magic);
  // r = x - k ln 2; the high part of ln 2 has 41 bits, so that its product with k is exact.
  V r = hn::NegMulAdd(k, hn::Set(d, 0x1.62e42fefa3p-1), x);
  r = hn::NegMulAdd(k, hn::Set(d, 0x1.3de6af278ece6p-42), r);
  // exp(r) = 1 + r + r^2 q(r), q the Chebyshev fit of degree 9 on |r| <= ln(2) / 2, error 1.3e-17.
  const V r2 = hn::Mul(r, r);
  const V q01 = hn::MulAdd(r, hn::Set(d, 0x1.5555555555556p-3), hn::Set(d, 0x1.0000000000001p-1));
  const V q23 = hn::MulAdd(r, hn::Set(d, 0x1.11111111109b3p-7), hn::Set(d, 0x1.5555555553d63p-5));
  const V q45 = hn::MulAdd(r, hn::Set(d, 0x1.a01a01a7c41d5p-13), hn::Set(d, 0x1.6c16c1788bd90p-10));
  const V q67 = hn::MulAdd(r, hn::Set(d, 0x1.71de0dae63bb3p-19), hn::Set(d, 0x1.a019b90d2ae7ap-16));
  const V q89 = hn::MulAdd(r, hn::Set(d, 0x1.af38a9b0ec855p-26), hn::Set(d, 0x1.289185613a3d6p-22));
  const V q =
      hn::MulAdd(hn::MulAdd(hn::MulAdd(hn::MulAdd(q89, r2, q67), r2, q45), r2, q23), r2, q01);
  const V exp_r = hn::Add(hn::MulAdd(q, r2, r), hn::Set(d, 1.0));
  // exp(x) = 2^k exp(r): k is added to the exponent bits.
  const auto exponent = hn::ShiftLeft<52>(hn::BitCast(di, shifted));
  return hn::IfThenElseZero(in_range, hn::BitCast(d, hn::Add(hn::BitCast(di, exp_r), exponent)));
}

// The same in single precision. The absolute error is below 2^-24; x below -87 gives 0.
template <class D, class V>
HWY_INLINE V ExpOfNegative32(D d, V x) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::RebindToSigned<D> di;
  const V lowest = hn::Set(d, -87.0F);
  const auto in_range = hn::Ge(x, lowest);
  x = hn::Max(x, lowest);
  const V magic = hn::Set(d, 0x1.8p23F);
  const V shifted = hn::MulAdd(x, hn::Set(d, 0x1.715476p0F), magic);
  const V k = hn::Sub(shifted, magic);
  // The rounding of ln 2 adds an error of at most |k| 2e-8 times 2^k, the size of the result.
  const V r = hn::NegMulAdd(k, hn::Set(d, 0x1.62e43p-1F), x);
  // exp(r) = 1 + r + r^2 q(r), q the Chebyshev fit of degree 4 on |r| <= ln(2) / 2, error 1.1e-8.
  V q = hn::MulAdd(r, hn::Set(d, 0.00139261840F), hn::Set(d, 0.00836317893F));
  q = hn::MulAdd(q, r, hn::Set(d, 0.0416665561F));
  q = hn::MulAdd(q, r, hn::Set(d, 0.166665763F));
  q = hn::MulAdd(q, r, hn::Set(d, 0.5F));
  const V exp_r = hn::Add(hn::MulAdd(q, hn::Mul(r, r), r), hn::Set(d, 1.0F));
  const auto exponent = hn::ShiftLeft<23>(hn::BitCast(di, shifted));
  return hn::IfThenElseZero(in_range, hn::BitCast(d, hn::Add(hn::BitCast(di, exp_r), exponent)));
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#endif  // toggle
