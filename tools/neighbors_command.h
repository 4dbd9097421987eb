// `residual-knn neighbors`: from files of points to a file of neighbors.
#pragma once

#include "tools/neighbors_options.h"

namespace residual_knn::cli {

// Throws a std::exception whose text is a message for the user.
void RunNeighbors(NeighborsOptions options);

// The same on the other processes of mpirun: reads the same files, searches the lots that process 0 deals, and writes
// its part of the answer if all processes write.
void FollowNeighbors(NeighborsOptions options);

}  // namespace residual_knn::cli
