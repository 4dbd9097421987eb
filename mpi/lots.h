// Cuts the queries of a search into lots for a Deal.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace residual_knn::mpi {

// The number of the first query of each lot, and at the end the number of all queries. Lots become smaller, so that the
// processes end together, but have `least` queries or more (except the last). They begin where begins[i] is not 0.
std::vector<int64_t> CutIntoLots(std::span<const unsigned char> begins, int processes,
                                 int64_t least);

// The least size of a lot for processes with this many threads: enough for each to have some full chunks.
int64_t LeastLot(int64_t threads);

}  // namespace residual_knn::mpi
