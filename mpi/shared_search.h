// A search whose queries the processes of a team share, and how its results come to each of them.
#pragma once

#include <cstdint>
#include <vector>

#include "mpi/comm_team.h"
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

// Where results go: those of queries [first, first + count).
struct ResultPlaces {
  int64_t first = 0;
  int64_t count = 0;
  int64_t* neighbors = nullptr;
  double* distances = nullptr;              // may be null
  double* conditional_variances = nullptr;  // may be null
  bool dimension_major = false;
};

// The results of some queries, point after point.
struct FoundNeighbors {
  std::vector<int64_t> queries;
  std::vector<int64_t> neighbors;
  std::vector<double> distances;              // empty: not wanted
  std::vector<double> conditional_variances;  // empty: not wanted
};

// The options of a caller, with defaults in place of fields that its struct lacks. Without options, or if their size
// cannot be right: the defaults.
residual_knn_search_options ReadSearchOptions(const residual_knn_search_options* options);

// Searches the lots that this process gets, and its share of the queries that lots leave. All processes call it
// together. `statistics`: out, the sum over all processes.
FoundNeighbors SearchMyLots(CommTeam& team, const SearchCall& call, bool wants_distances,
                            residual_knn_statistics* statistics);

// Writes what all processes have found to the places of this process: the results of all queries (ShareWithAll), or
// those of its part (ShareParts). All call it together.
void ShareWithAll(CommTeam& team, int32_t k, const FoundNeighbors& found,
                  const ResultPlaces& places);
void ShareParts(CommTeam& team, int32_t k, int64_t num_queries, const FoundNeighbors& found,
                const ResultPlaces& places);

}  // namespace residual_knn::mpi
