// The order in which a scan takes its queries.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "query/query_set.h"
#include "scan/neighborhoods.h"

namespace residual_knn {

// Queries with almost the same candidates, in the order of space: what one looks up is still in the caches for the
// next. Within each `block` of them limits ascend.
std::vector<int64_t> OrderBySpace(const ResidualModel& model, const QuerySet& queries,
                                  std::span<const int64_t> which,
                                  const Neighborhoods& neighborhoods, int64_t block);

}  // namespace residual_knn
