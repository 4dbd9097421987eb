// How the results of a search come from the processes that have found them to those that want them.
#pragma once

#include <cstdint>
#include <vector>

#include "mpi/comm_team.h"

namespace residual_knn::mpi {

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

// Writes what all processes have found to the places of this process: the results of all queries (ShareWithAll), or
// those of its part (ShareParts). All call it together.
void ShareWithAll(CommTeam& team, int32_t k, const FoundNeighbors& found,
                  const ResultPlaces& places);
void ShareParts(CommTeam& team, int32_t k, int64_t num_queries, FoundNeighbors found,
                const ResultPlaces& places);

}  // namespace residual_knn::mpi
