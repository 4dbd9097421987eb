// An order of points that have no coordinates: points that follow each other in the list are correlated.
#pragma once

#include <cstdint>
#include <vector>

#include "model/residual_model.h"
#include "parallel/monitor.h"

namespace residual_knn {

// Sorts rows by residual correlation itself. Each row joins the most correlated of a few anchors, which are points of
// small correlation with each other. The group of an anchor is divided in the same way, down to groups of
// `leaf_size`. All this runs on the calling thread, because a covariance callback may not be called from another
// thread.
std::vector<int64_t> OrderByCorrelation(const ResidualModel& model, std::vector<int64_t> rows,
                                        int64_t leaf_size, Monitor& monitor);

}  // namespace residual_knn
