// The sets of many queries, each selected from a list of candidates.
#pragma once

#include <cstdint>

#include "query/row_lists.h"
#include "query/search_job.h"
#include "query/search_statistics.h"

namespace residual_knn {

// Conditional variances of all queries, num_queries x k in either layout.
struct VariancesArray {
  double* values = nullptr;  // null: not wanted
  bool dimension_major = false;
};

// The k nearest of each list by the ranking of the job; exact. Elements of a list that are no candidates of the query
// are skipped.
SearchStatistics NearestOfLists(const SearchJob& job, const RowLists& lists);

// The sets that conditional selection makes of each list. Neighbors are in the order of selection, with their distances
// by the ranking kAbsolute.
SearchStatistics ConditionalSetsOfLists(const SearchJob& job, const RowLists& lists,
                                        const VariancesArray& variances);

}  // namespace residual_knn
