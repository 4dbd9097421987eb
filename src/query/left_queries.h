// Queries that a search leaves to another one.
#pragma once

#include <cstdint>
#include <vector>

namespace residual_knn {

struct LeftQueries {
  std::vector<int64_t> slots;  // their places in the caller's results
  int64_t pairs = 0;           // of them and their candidates
};

}  // namespace residual_knn
