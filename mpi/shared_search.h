// A search whose queries the processes of a team share.
#pragma once

#include <cstdint>

#include "mpi/comm_team.h"
#include "mpi/result_exchange.h"
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

// Searches the lots that this process gets, and its share of the queries that lots leave. All processes call it
// together. `statistics`: out, the sum over all processes.
FoundNeighbors SearchMyLots(CommTeam& team, const SearchCall& call, bool wants_distances,
                            residual_knn_statistics* statistics);

}  // namespace residual_knn::mpi
