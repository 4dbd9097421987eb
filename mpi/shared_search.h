// A search whose queries the processes of a team share.
#pragma once

#include "mpi/comm_team.h"
#include "mpi/result_exchange.h"
#include "mpi/search_call.h"
#include "residual_knn.h"

namespace residual_knn::mpi {

// Searches the lots that this process gets, and its share of the queries that lots leave. All processes call it
// together. `statistics`: out, the sum over all processes.
FoundNeighbors SearchMyLots(CommTeam& team, const SearchCall& call, bool wants_distances,
                            residual_knn_statistics* statistics);

}  // namespace residual_knn::mpi
