#include "simd/quantized_product.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/quantized_product.cc"
#include "hwy/cache_control.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "simd/dispatch.h"

// Highway 1.0.3 names avxvnni instead of avx512vnni. The attribute cannot stand inside HWY_BEFORE_NAMESPACE, because
// clang takes only the first of two target attributes.
#if HWY_TARGET == HWY_AVX3_DL && defined(HWY_TARGET_STR)
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512vnni")
#else
HWY_BEFORE_NAMESPACE();
#endif
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Words = hn::CappedTag<int32_t, 16>;
using WordVector = hn::Vec<Words>;

// Two elements of 16 bits in each word: sum + a0 b0 + a1 b1.
struct PairProducts {
  static HWY_INLINE WordVector Add(WordVector sum, WordVector a, WordVector b) {
#if HWY_TARGET == HWY_AVX3_DL
    return WordVector{_mm512_dpwssd_epi32(sum.raw, a.raw, b.raw)};
#elif HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128 && HWY_TARGET != HWY_SCALAR
    const Words d;
    const hn::Repartition<int16_t, Words> half;
    WordVector unused = hn::Zero(d);
    return hn::ReorderWidenMulAccumulate(d, hn::BitCast(half, a), hn::BitCast(half, b), sum,
                                         unused);
#else
    return hn::Add(sum, hn::Add(hn::Mul(Low(a), Low(b)), hn::Mul(High(a), High(b))));
#endif
  }

 private:
  static HWY_INLINE WordVector Low(WordVector v) {
    return hn::ShiftRight<16>(hn::ShiftLeft<16>(v));
  }
  static HWY_INLINE WordVector High(WordVector v) { return hn::ShiftRight<16>(v); }
};

// Four elements of 8 bits in each word; those of b are unsigned.
struct ByteProducts {
  static HWY_INLINE WordVector Add(WordVector sum, WordVector a, WordVector b) {
#if HWY_TARGET == HWY_AVX3_DL
    return WordVector{_mm512_dpbusd_epi32(sum.raw, b.raw, a.raw)};
#else
    return hn::Add(hn::Add(sum, hn::Add(Product<0>(a, b), Product<1>(a, b))),
                   hn::Add(Product<2>(a, b), Product<3>(a, b)));
#endif
  }

 private:
  template <int kByte>
  static HWY_INLINE WordVector Product(WordVector a, WordVector b) {
    return hn::Mul(hn::ShiftRight<24>(hn::ShiftLeft<24 - 8 * kByte>(a)),
                   hn::And(hn::ShiftRight<8 * kByte>(b), hn::Set(Words(), 0xFF)));
  }
};

struct Operands {
  const int32_t* HWY_RESTRICT queries;
  const int32_t* HWY_RESTRICT offsets;  // the initial values of sums; null for 0
  const int32_t* HWY_RESTRICT packed;
  int64_t words;
};

// Products of kRows queries, from `query` on, with kVectors vectors of candidates, from `column` on.
template <class Products, int kRows, int kVectors>
HWY_INLINE void Block(const Operands& operands, int64_t query, int64_t column,
                      int32_t* HWY_RESTRICT out, int64_t stride) {
  const Words d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int32_t* HWY_RESTRICT queries = operands.queries + query * operands.words;
  WordVector sums[kRows][kVectors];
  for (int r = 0; r < kRows; ++r) {
    const int32_t start = operands.offsets == nullptr ? 0 : operands.offsets[query + r];
    for (int v = 0; v < kVectors; ++v) sums[r][v] = hn::Set(d, start);
  }
  // Vectors never cross a group: lanes divide kPackedGroup.
  const int32_t* at[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    const int64_t first = column + v * lanes;
    at[v] = operands.packed + first / kPackedGroup * kPackedGroup * operands.words +
            first % kPackedGroup;
  }
  for (int64_t e = 0; e < operands.words; ++e) {
    WordVector b[kVectors];
    for (int v = 0; v < kVectors; ++v) b[v] = hn::LoadU(d, at[v] + e * kPackedGroup);
    for (int r = 0; r < kRows; ++r) {
      const WordVector a = hn::Set(d, queries[r * operands.words + e]);
      for (int v = 0; v < kVectors; ++v) sums[r][v] = Products::Add(sums[r][v], a, b[v]);
    }
  }
  out += query * stride + column;
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[r][v], d, out + r * stride + v * lanes);
  }
}

template <class Products, int kVectors>
HWY_INLINE void Columns(const Operands& operands, int64_t rows, int64_t column, int32_t* out,
                        int64_t stride) {
  constexpr int kRows = HWY_MAX_BYTES >= 64 ? 12 : 6;
  int64_t q = 0;
  for (; q + kRows <= rows; q += kRows) {
    Block<Products, kRows, kVectors>(operands, q, column, out, stride);
  }
  for (; q < rows; ++q) Block<Products, 1, kVectors>(operands, q, column, out, stride);
}

template <class Products>
HWY_INLINE void Multiply(const Operands& operands, int64_t rows, int64_t groups, int32_t* out,
                         int64_t stride) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(Words()));
  const int64_t columns = groups * kPackedGroup;
  int64_t column = 0;
  if (lanes == kPackedGroup) {
    for (; column + 2 * lanes <= columns; column += 2 * lanes) {
      Columns<Products, 2>(operands, rows, column, out, stride);
    }
  }
  for (; column < columns; column += lanes) {
    Columns<Products, 1>(operands, rows, column, out, stride);
  }
}

HWY_INLINE int32_t DotPairs(const int16_t* HWY_RESTRICT a, const int16_t* HWY_RESTRICT b,
                            int64_t count) {
#if HWY_TARGET == HWY_SCALAR
  int32_t sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
#else
  const Words d;
  const hn::Repartition<int16_t, Words> half;
  const auto lanes = static_cast<int64_t>(hn::Lanes(half));
  WordVector sum = hn::Zero(d);
  for (int64_t i = 0; i < count; i += lanes) {
    sum = PairProducts::Add(sum, hn::BitCast(d, hn::LoadU(half, a + i)),
                            hn::BitCast(d, hn::LoadU(half, b + i)));
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
#endif
}

}  // namespace

bool MultipliesBytesFastTarget() { return HWY_TARGET == HWY_AVX3_DL; }

void MultiplyPairsTarget(const PackedQueries& queries, const PackedCandidates& candidates,
                         int32_t* out, int64_t stride) {
  Multiply<PairProducts>({queries.values, nullptr, candidates.values, candidates.words},
                         queries.count, candidates.groups, out, stride);
}

void MultiplyBytesTarget(const PackedQueries& queries, const PackedCandidates& candidates,
                         int32_t* out, int64_t stride) {
  Multiply<ByteProducts>({queries.values, queries.offsets, candidates.values, candidates.words},
                         queries.count, candidates.groups, out, stride);
}

void DotPairRowsTarget(const int16_t* a, const int16_t* rows, int64_t stride,
                       const int32_t* candidates, int64_t count, int32_t* out) {
  constexpr int64_t kLine = 64 / sizeof(int16_t);
  constexpr int64_t kAhead = 3;
  for (int64_t c = 0; c < count; ++c) {
    if (c + kAhead < count) {
      const int16_t* next = rows + candidates[c + kAhead] * stride;
      for (int64_t i = 0; i < stride; i += kLine) hwy::Prefetch(next + i);
    }
    out[c] = DotPairs(a, rows + candidates[c] * stride, stride);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
HWY_EXPORT(MultipliesBytesFastTarget);
HWY_EXPORT(MultiplyPairsTarget);
HWY_EXPORT(MultiplyBytesTarget);
HWY_EXPORT(DotPairRowsTarget);

bool MultipliesBytesFast() { return Chosen(HWY_DISPATCH_TABLE(MultipliesBytesFastTarget))(); }

void MultiplyPairs(const PackedQueries& queries, const PackedCandidates& candidates, int32_t* out,
                   int64_t stride) {
  Chosen(HWY_DISPATCH_TABLE(MultiplyPairsTarget))(queries, candidates, out, stride);
}

void MultiplyBytes(const PackedQueries& queries, const PackedCandidates& candidates, int32_t* out,
                   int64_t stride) {
  Chosen(HWY_DISPATCH_TABLE(MultiplyBytesTarget))(queries, candidates, out, stride);
}

void DotPairRows(const int16_t* a, const int16_t* rows, int64_t stride, const int32_t* candidates,
                 int64_t count, int32_t* out) {
  Chosen(HWY_DISPATCH_TABLE(DotPairRowsTarget))(a, rows, stride, candidates, count, out);
}
}  // namespace residual_knn
#endif
