// How far queries lie from the points, in lengthscales.
#pragma once

#include "model/residual_model.h"
#include "parallel/monitor.h"
#include "query/query_set.h"

namespace residual_knn {

// The median distance to the nearest candidate in scaled coordinates, over up to 16 queries from all parts of the set.
// The result is 0 if none of them has a candidate, or if there are no coordinates. Calling thread only.
double MedianNearestDistance(const ResidualModel& model, const QuerySet& queries, Monitor& monitor);

}  // namespace residual_knn
