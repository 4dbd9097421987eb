// An orthogonal map under which the entries of a row become alike in magnitude, so that steps of one size fit all.
#pragma once

#include <cstdint>

namespace residual_knn {

// Sign, fixed once and for all, of entry e between the two transforms; without it the second would undo the first.
inline double RotationSign(int64_t e) {
  return (static_cast<uint32_t>(e) * 0x9E3779B9U) >> 31 == 0 ? 1.0 : -1.0;
}

// Rotates v (m values, m >= 1) in place: normalized Hadamard transforms of the first and then, with signs changed, of
// the last 2^k entries, 2^k the largest power of two up to m. Products of rotated rows are those of the rows.
// The result is off by at most kRotationError |v|: 2 (k + 1) roundings of every entry, k < 32.
inline constexpr double kRotationError = 0x1p-46;
void RotateByHadamard(double* v, int64_t m);

}  // namespace residual_knn
