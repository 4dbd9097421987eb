// Products of rows of V: the canonical product, from which canonical scores and distances are computed, and products of
// several rows at once.
#pragma once

#include <cstdint>
#include <span>

namespace residual_knn {

// out[c] = a . rows[candidates[c]], where row j begins at rows + j * m and all have m values. The
// value depends on the two rows alone (and on the SIMD target), not on their places.
void DotRows(const double* a, const double* rows, int64_t m, const int64_t* candidates,
             int64_t count, double* out);

// |v|^2, with the bits of DotRows.
inline double SquaredNorm(const double* v, int64_t m) {
  const int64_t first = 0;
  double square = 0;
  DotRows(v, v, m, &first, 1, &square);
  return square;
}

// The same as DotRows in single precision, only for screening with a proved margin.
void DotRows(const float* a, const float* rows, int64_t m, const int64_t* candidates, int64_t count,
             float* out);

// out[a * stride + c] = left[a] . rows[candidates[c]] for num_left rows `left`. A value depends on its two rows alone (and
// on the SIMD target), and is the same if they change places, but its bits are not those of DotRows. Several rows on the
// left take much less time than one after the other.
void DotRowsWithEach(std::span<const double* const> left, const double* rows, int64_t m,
                     std::span<const int64_t> candidates, double* out, int64_t stride);

// The same for c >= a only; left.size() is at most candidates.size(). Some other elements of `out` change too.
void DotTriangle(std::span<const double* const> left, const double* rows, int64_t m,
                 std::span<const int64_t> candidates, double* out, int64_t stride);

}  // namespace residual_knn
