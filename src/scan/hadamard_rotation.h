// An orthogonal map that makes the entries of a row of V similar in magnitude, so that one step suits all of them.
#pragma once

#include <cstdint>

namespace residual_knn {

// The fixed sign of entry e between the two transforms. Without signs, the second transform would undo the first.
inline double RotationSign(int64_t e) {
  return (static_cast<uint32_t>(e) * 0x9E3779B9U) >> 31 == 0 ? 1.0 : -1.0;
}

// Rotates v (m values, m >= 1) in place. Let 2^k be the largest power of two up to m. The first 2^k entries get a
// normalized Hadamard transform. If 2^k < m, signs are then changed, and the last 2^k entries get a transform. Products
// of rotated rows equal those of the rows. The result is off by at most kRotationError |v|, which is 128 u |v|. The
// proof wants about half of it: 2 (k + 1) roundings of every entry, k < 32, and those of the normalization.
inline constexpr double kRotationError = 0x1p-46;
void RotateByHadamard(double* v, int64_t m);

}  // namespace residual_knn
