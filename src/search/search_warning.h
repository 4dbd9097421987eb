// A sentence about what is doubtful in the answer of a search.
#pragma once

#include <cstdint>
#include <string>

#include "model/residual_model.h"

namespace residual_knn {

// Facts about a search, as in residual_knn_statistics.
struct DoubtfulAnswer {
  int64_t queries = 0;
  int64_t uninformative = 0;
  bool new_points = false;
  double nearest_lengthscales = 0;
  CoarsePoints coarse;  // counted as in messages
};

// Returns "" if nothing is doubtful.
std::string WarningAbout(const ResidualModel& model, const DoubtfulAnswer& answer);

}  // namespace residual_knn
