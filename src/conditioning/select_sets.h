// The sets of a search: by the ranking or by conditional variance, from all points or from the caller's lists.
#pragma once

#include "conditioning/found_candidates.h"
#include "conditioning/set_search.h"
#include "query/row_lists.h"
#include "query/search_job.h"
#include "query/search_statistics.h"
#include "search/prepared.h"

namespace residual_knn {

enum class Selection { kNearest, kConditional };

struct SetRequest {
  Selection selection = Selection::kNearest;
  const RowLists* lists = nullptr;  // null: all points that the question allows
  CandidateCounts counts;           // for conditional selection without lists
  VariancesArray variances;         // for conditional selection
};

SearchStatistics SelectSets(const SearchJob& job, const SetRequest& request, Prepared& prepared);

}  // namespace residual_knn
