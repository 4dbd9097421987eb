// An order of points that have no coordinates: neighbors in the list are correlated.
#pragma once

#include <cstdint>
#include <vector>

#include "model/residual_model.h"
#include "parallel/monitor.h"

namespace residual_knn {

// Sorts rows by residual correlation itself: each is put to the most correlated of a few anchors that are far
// apart, and so on within what one anchor has gathered, down to `leaf_size`. One task after another: a
// callback may not be called from elsewhere.
std::vector<int64_t> OrderByCorrelation(const ResidualModel& model, std::vector<int64_t> rows,
                                        int64_t leaf_size, Monitor& monitor);

}  // namespace residual_knn
