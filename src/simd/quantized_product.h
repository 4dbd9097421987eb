// Products of rows of V as 16-bit integers: four times as many a second as in double precision.
#pragma once

#include <cstdint>

namespace residual_knn {

// Rows are packed in groups: element pair e (elements 2 e and 2 e + 1) of the rows of a group side by side.
inline constexpr int64_t kPackedGroup = 16;

// Two elements in the halves of a word.
inline int32_t PairOf(int16_t first, int16_t second) {
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint16_t>(first)) |
                              static_cast<uint32_t>(static_cast<uint16_t>(second)) << 16);
}

// out[q * stride + j] = sum of a_q b_j for queries q < rows, each `pairs` words one after another, and
// candidates j < 16 groups, each group `pairs` times 16 words. No sum may leave the range of int32_t, whatever its order.
void MultiplyQuantized(const int32_t* queries, int64_t rows, const int32_t* packed, int64_t groups,
                       int64_t pairs, int32_t* out, int64_t stride);

}  // namespace residual_knn
