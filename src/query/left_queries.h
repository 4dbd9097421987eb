// Queries that a search does not answer and leaves to another search.
#pragma once

#include <cstdint>
#include <vector>

namespace residual_knn {

struct LeftQueries {
  std::vector<int64_t> slots;  // their places in the caller's results
  int64_t pairs = 0;           // pairs of these queries and their candidates
};

}  // namespace residual_knn
