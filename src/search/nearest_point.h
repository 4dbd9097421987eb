// How far queries lie from the points, in lengthscales.
#pragma once

#include "model/residual_model.h"
#include "parallel/monitor.h"
#include "query/query_set.h"
#include "query/search_job.h"
#include "query/search_statistics.h"

namespace residual_knn {

// The median distance to the nearest candidate in scaled coordinates, over up to 16 queries from all parts of the set.
// The result is 0 if none of them has a candidate, or if there are no coordinates. Calling thread only.
double MedianNearestDistance(const ResidualModel& model, const QuerySet& queries, Monitor& monitor);

// Sets nearest_lengthscales for a warning, if so many queries are uninformative that there will be one. Does nothing for
// a part of a larger search.
void MeasureNearest(const SearchJob& job, SearchStatistics& statistics);

}  // namespace residual_knn
