#include "simd/quantized_product.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/quantized_product.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Words = hn::CappedTag<int32_t, 16>;
using WordVector = hn::Vec<Words>;

// sum + a0 b0 + a1 b1 in each lane of 32 bits, whose halves are a0, a1 and b0, b1.
HWY_INLINE WordVector AddPairProducts(WordVector sum, WordVector a, WordVector b) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128 && HWY_TARGET != HWY_SCALAR
  const Words d;
  const hn::Repartition<int16_t, Words> half;
  WordVector unused = hn::Zero(d);
  return hn::ReorderWidenMulAccumulate(d, hn::BitCast(half, a), hn::BitCast(half, b), sum, unused);
#else
  const auto low = [](WordVector v) HWY_ATTR { return hn::ShiftRight<16>(hn::ShiftLeft<16>(v)); };
  const auto high = [](WordVector v) HWY_ATTR { return hn::ShiftRight<16>(v); };
  return hn::Add(sum, hn::Add(hn::Mul(low(a), low(b)), hn::Mul(high(a), high(b))));
#endif
}

// kRows queries against kVectors vectors of candidates.
template <int kRows, int kVectors>
HWY_INLINE void Block(const int32_t* HWY_RESTRICT queries, const int32_t* HWY_RESTRICT packed,
                      int64_t group_size, int64_t pairs, int32_t* HWY_RESTRICT out,
                      int64_t stride) {
  const Words d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  WordVector sums[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(d);
  }
  const int32_t* at[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    const int64_t first = v * lanes;
    at[v] = packed + first / kPackedGroup * group_size + first % kPackedGroup;
  }
  for (int64_t e = 0; e < pairs; ++e) {
    WordVector b[kVectors];
    for (int v = 0; v < kVectors; ++v) {
      b[v] = hn::LoadU(d, at[v] + e * kPackedGroup);
    }
    for (int r = 0; r < kRows; ++r) {
      const WordVector a = hn::Set(d, queries[r * pairs + e]);
      for (int v = 0; v < kVectors; ++v) sums[r][v] = AddPairProducts(sums[r][v], a, b[v]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[r][v], d, out + r * stride + v * lanes);
  }
}

}  // namespace

void MultiplyQuantizedTarget(const int32_t* queries, int64_t rows, const int32_t* packed,
                             int64_t groups, int64_t pairs, int32_t* out, int64_t stride) {
  const Words d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t group_size = kPackedGroup * pairs;
  const int64_t columns = groups * kPackedGroup;
  int64_t column = 0;
  // Vectors never cross a group: lanes divide kPackedGroup.
  const auto at = [&](int64_t c) HWY_ATTR {
    return packed + c / kPackedGroup * group_size + c % kPackedGroup;
  };
  constexpr int kRows = HWY_MAX_BYTES >= 64 ? 12 : 6;
  for (; lanes == kPackedGroup && column + 2 * lanes <= columns; column += 2 * lanes) {
    int64_t q = 0;
    for (; q + kRows <= rows; q += kRows) {
      Block<kRows, 2>(queries + q * pairs, at(column), group_size, pairs, out + q * stride + column,
                      stride);
    }
    for (; q < rows; ++q) {
      Block<1, 2>(queries + q * pairs, at(column), group_size, pairs, out + q * stride + column,
                  stride);
    }
  }
  for (; column < columns; column += lanes) {
    int64_t q = 0;
    for (; q + kRows <= rows; q += kRows) {
      Block<kRows, 1>(queries + q * pairs, at(column), group_size, pairs, out + q * stride + column,
                      stride);
    }
    for (; q < rows; ++q) {
      Block<1, 1>(queries + q * pairs, at(column), group_size, pairs, out + q * stride + column,
                  stride);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
HWY_EXPORT(MultiplyQuantizedTarget);

void MultiplyQuantized(const int32_t* queries, int64_t rows, const int32_t* packed, int64_t groups,
                       int64_t pairs, int32_t* out, int64_t stride) {
  HWY_DYNAMIC_DISPATCH(MultiplyQuantizedTarget)(queries, rows, packed, groups, pairs, out, stride);
}
}  // namespace residual_knn
#endif
