// Adds the statistics of the searches of lots up to those of the whole search.
#pragma once

#include <cstdint>
#include <span>

#include "mpi/comm_team.h"
#include "residual_knn.h"

namespace residual_knn::mpi {

// Adds the statistics of a lot, whose queries have these numbers in the whole search. The first query that is too coarse
// for double precision is then that of the whole search.
void AddLot(residual_knn_statistics lot, std::span<const int64_t> queries, int64_t message_base,
            residual_knn_statistics* sum);

// Adds the statistics of a search of queries that lots have left. The statistics of the lots count these queries
// already.
void AddLeft(residual_knn_statistics left, residual_knn_statistics* sum);

// The sum over all processes, which call this together. `threads` of the sum are those of this process. `reason` is that
// of the whole search; if it is negative, that of the lots is taken.
residual_knn_statistics SumOf(CommTeam& team, const residual_knn_statistics& mine, int32_t reason);

}  // namespace residual_knn::mpi
