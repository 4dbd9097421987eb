// What is doubtful about the answer of a search, in a sentence.
#pragma once

#include <cstdint>
#include <string>

#include "model/residual_model.h"

namespace residual_knn {

// What is told of a search; the same as in residual_knn_statistics.
struct DoubtfulAnswer {
  int64_t queries = 0;
  int64_t uninformative = 0;
  bool new_points = false;
  double nearest_lengthscales = 0;
  CoarsePoints coarse;  // counted as in messages
};

// "" if nothing is.
std::string WarningAbout(const ResidualModel& model, const DoubtfulAnswer& answer);

}  // namespace residual_knn
