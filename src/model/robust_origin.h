// The origin of scaled coordinates, chosen so that bad values cannot move it.
#pragma once

#include <vector>

#include "base/dense_matrix_view.h"
#include "parallel/monitor.h"

namespace residual_knn {

// For each coordinate the value of a point, chosen so that two fifths of the points are no larger in magnitude.
//
// A difference x - origin rounds by at most u (|x| + |origin|). Where the origin is no larger than x in magnitude,
// that is about the rounding error of x itself, whatever the other rows are. So a fill value such as 1e20 or -3.4e38,
// in up to three fifths of the rows, affects the rounding of its own rows only. A 0 among coordinates in the
// millions, in up to two fifths of the rows, leaves differences between the others exact. A single row could move the
// middle of the range, or the mean. Values that are not finite are left out.
std::vector<double> OriginOf(const DenseMatrixView& points, Monitor& monitor);

}  // namespace residual_knn
