// The search by the Euclidean distance of scaled coordinates. V and p play no role.
#pragma once

#include "query/search_job.h"
#include "query/search_statistics.h"
#include "scaled_space/space_tree_store.h"

namespace residual_knn {

// The k candidates with the smallest squared distance, as nearest_center.h computes it, ties by row. The model has
// coordinates. RESIDUAL_KNN_BRUTE_FORCE scans all candidates, RESIDUAL_KNN_AUTOMATIC does so for few pairs; all other
// strategies search the trees of the store. `pairs` is the number of pairs of the search.
SearchStatistics SearchScaledSpace(const SearchJob& job, SpaceTreeStore& store, int64_t pairs);

// Chooses how to search, once for all parts of the job.
SearchChoice ChooseInScaledSpace(const SearchJob& job, SpaceTreeStore& store, int64_t pairs);

}  // namespace residual_knn
