// The inner loops of a search by Euclidean distance: bounds of boxes of points, and the points within a radius.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd/point_range.h"

namespace residual_knn {

// Boxes that are bounded together.
inline constexpr int64_t kBoxesAtOnce = 8;
// Places beyond the last result that SelectWithin may write.
inline constexpr int64_t kSelectSlack = 8;

// bounds[b] becomes a lower bound of the squared distance of the query to each point of box b. In coordinate c, box b
// extends from boxes[16 c + b] to boxes[16 c + 8 + b]; an empty box extends from +Inf to -Inf, and its bound is +Inf.
//
// The bound has the operations of a squared distance, in the same order. Rounding is monotone. So no point of the box
// has a smaller squared distance as it is computed by nearest_center.h and below.
void BoundBoxes(const double* boxes, int64_t dimensions, const double* query, double* bounds);

// Finds the points whose squared distance, computed as in nearest_center.h, is at most `most`. Their numbers in the
// range go to `numbers` in ascending order, their squared distances to `squares`. Both arrays have room for all points
// of the range and kSelectSlack more. Returns how many were found.
size_t SelectWithin(const PointRange& points, const double* query, double most, double* squares,
                    int64_t* numbers);

}  // namespace residual_knn
