// Warnings about the points of a model.
#pragma once

#include <string>

#include "model/residual_model.h"

namespace residual_knn {

// A sentence about doubtful points; "" if there are none. Rows and coordinates are counted from `base`.
std::string WarningAbout(const ResidualModel& model, int64_t base);

// A sentence about coarse points. `name` is the name of the points in messages, and `size` is the number of all
// points. Row and coordinate are counted from `base`.
std::string DescribeCoarse(const char* name, const CoarsePoints& coarse, int64_t size,
                           int64_t base);

}  // namespace residual_knn
