// Products of rows of V as integers. Those of 16 bits are four times as fast as in double precision. Those of 8 bits
// are eight times as fast, if the processor has instructions for them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace residual_knn {

// Rows are packed in groups: the words e of all rows of a group stand side by side. A word of 32 bits holds two
// elements of 16 bits or four of 8.
inline constexpr int64_t kPackedGroup = 16;

// Two elements in the halves of a word, the first one lowest.
inline int32_t PairOf(int16_t first, int16_t second) {
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint16_t>(first)) |
                              static_cast<uint32_t>(static_cast<uint16_t>(second)) << 16);
}

// The low bytes of four numbers in a word.
inline int32_t QuadOf(const std::array<int32_t, 4>& bytes) {
  uint32_t word = 0;
  for (size_t i = 0; i < 4; ++i) word |= (static_cast<uint32_t>(bytes[i]) & 0xFF) << (8 * i);
  return static_cast<int32_t>(word);
}

// Bytes of candidates are unsigned: each is the element plus this number.
inline constexpr int32_t kByteMove = 128;

// Whether MultiplyBytes is faster than MultiplyPairs here.
bool MultipliesBytesFast();

// Candidates of a product: word e of all rows of group g at values[(g * words + e) * kPackedGroup].
struct PackedCandidates {
  const int32_t* values;
  int64_t groups;
  int64_t words;  // of a row
};

// Queries of a product: the words of a query one after another, as many as a candidate has.
struct PackedQueries {
  const int32_t* values;
  const int32_t* offsets;  // only of 8 bits: -kByteMove times the sum of the elements of each query
  int64_t count;
};

// out[q * stride + j] = sum of a_q b_j for all queries q and candidates j, with elements of 16 bits. No sum may leave
// the range of int32_t, whatever its order.
void MultiplyPairs(const PackedQueries& queries, const PackedCandidates& candidates, int32_t* out,
                   int64_t stride);

// The same for elements of 8 bits, at most 66,000 in a row.
void MultiplyBytes(const PackedQueries& queries, const PackedCandidates& candidates, int32_t* out,
                   int64_t stride);

// out[c] = a . row candidates[c] for rows of elements of 16 bits; row r starts at rows + r * stride, and stride is a
// multiple of kRow16Unit, with zeros at the end. Sums as above.
inline constexpr int64_t kRow16Unit = 32;
void DotPairRows(const int16_t* a, const int16_t* rows, int64_t stride, const int32_t* candidates,
                 int64_t count, int32_t* out);

}  // namespace residual_knn
