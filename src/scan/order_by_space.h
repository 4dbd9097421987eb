// The order in which a scan takes its queries.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "query/query_set.h"
#include "scan/neighborhoods.h"

namespace residual_knn {

// Sorts queries with similar limits by their place in space, so that rows that one query has looked up are still in the
// caches for the next. Within each `block` of the result, limits ascend.
std::vector<int64_t> OrderBySpace(const ResidualModel& model, const QuerySet& queries,
                                  std::span<const int64_t> which,
                                  const Neighborhoods& neighborhoods, int64_t block);

}  // namespace residual_knn
