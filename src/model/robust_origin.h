// The origin of scaled coordinates: one that bad values cannot move.
#pragma once

#include <vector>

#include "base/dense_matrix_view.h"
#include "parallel/monitor.h"

namespace residual_knn {

// For each coordinate the value of a point, chosen so that two fifths of the points are no larger in magnitude.
//
// A difference x - origin rounds by at most u (|x| + |origin|). Where the origin is no larger than x in magnitude,
// that is about what x itself may be off by, whatever the other rows hold: so a fill value such as 1e20 or -3.4e38
// rounds its own row and no other, in up to three fifths of the rows, and a 0 among coordinates in the millions, in
// up to two fifths, leaves differences between the others exact. The middle of the range, or the mean, would be moved
// by a single row. Values that are not finite do not count.
std::vector<double> OriginOf(const DenseMatrixView& points, Monitor& monitor);

}  // namespace residual_knn
