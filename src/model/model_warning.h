// What is doubtful about the points of a model, in a sentence.
#pragma once

#include <string>

#include "model/residual_model.h"

namespace residual_knn {

// "" if nothing is. Rows and coordinates are counted from `base`.
std::string WarningAbout(const ResidualModel& model, int64_t base);

// What is wrong with points whose numbers are too coarse. `name` is what messages call the points, `size` how many there
// are in all; row and coordinate are counted from `base`.
std::string DescribeCoarse(const char* name, const CoarsePoints& coarse, int64_t size,
                           int64_t base);

}  // namespace residual_knn
