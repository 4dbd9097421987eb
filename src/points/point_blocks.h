// Blocks of points in row order, for passes over all points on several threads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/assert.h"
#include "model/scaled_points.h"
#include "simd/nearest_center.h"

namespace residual_knn {

// Sums run over blocks of this size, whatever the number of threads.
inline constexpr int64_t kPointBlock = 1024;
// Differences of coordinates between two looks at the monitor: below a millisecond.
inline constexpr int64_t kDifferencesBetweenLooks = int64_t{1} << 20;

inline int64_t NumPointBlocks(int64_t n) { return (n + kPointBlock - 1) / kPointBlock; }

inline PointRange RangeOf(const ScaledPoints& points, int64_t begin, int64_t count) {
  RESIDUAL_KNN_ASSERT(begin >= 0 && begin + count <= points.size());
  return {points.coordinate(0) + begin, points.stride(), points.dimensions(), count};
}

// Number of points of a block between two looks at the monitor. It is a multiple of 8, so that SIMD code has few
// tails.
inline int64_t PointsBetweenLooks(int64_t dimensions) {
  return std::clamp(kDifferencesBetweenLooks / dimensions / 8 * 8, int64_t{8}, kPointBlock);
}

// One thread if the work is small: starting a thread costs as much as a few hundred thousand differences.
inline int WorthwhileThreads(int threads, double differences) {
  return differences < static_cast<double>(kDifferencesBetweenLooks) ? 1 : threads;
}

}  // namespace residual_knn
