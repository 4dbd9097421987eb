// The arguments of a search whose queries several processes share.
#pragma once

#include <cstdint>

#include "residual_knn.h"

namespace residual_knn::mpi {

// The arguments of a search, whose functions are those of residual_knn.h.
struct SearchCall {
  const residual_knn_index* index = nullptr;
  const int64_t* rows = nullptr;
  const double* new_points = nullptr;  // null: rows
  int64_t num_queries = 0;
  bool predecessors = false;
  const residual_knn_search_options* options = nullptr;
  int32_t k = 0;
};

// The options of a caller, with defaults in place of fields that its struct lacks. Without options, or if their size
// cannot be right: the defaults.
residual_knn_search_options ReadSearchOptions(const residual_knn_search_options* options);

// What the library would refuse, of arrays that are read before it gets parts of them: throws.
void RequireReadable(const SearchCall& call, const residual_knn_search_options& options);

residual_knn_info InfoOf(const residual_knn_index* index);

}  // namespace residual_knn::mpi
