// The queries of a job in an order in which neighbors in space follow each other.
#pragma once

#include <cstdint>
#include <vector>

#include "query/search_job.h"

namespace residual_knn {

// Groups of `most_in_group` queries, or about half as many, lie together. Queries without coordinates keep their order.
std::vector<int64_t> OrderInSpace(const SearchJob& job, int64_t most_in_group);

}  // namespace residual_knn
