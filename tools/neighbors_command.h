// `residual-knn neighbors`: from files of points to a file of neighbors.
#pragma once

#include "tools/neighbors_options.h"

namespace residual_knn::cli {

// Throws a std::exception whose text is a message for the user.
void RunNeighbors(NeighborsOptions options);

// The same on the processes of mpirun other than the first: reads the same, searches what that deals, and writes nothing.
void FollowNeighbors(NeighborsOptions options);

}  // namespace residual_knn::cli
