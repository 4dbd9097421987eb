// The sets that groups of rows share: the nearest rows, or a selection by conditional covariance.
#pragma once

#include <vector>

#include "conditioning/found_candidates.h"
#include "conditioning/select_sets.h"
#include "query/ranking.h"
#include "search/group_members.h"
#include "search/prepared.h"

namespace residual_knn {

struct GroupRequest {
  Selection selection = Selection::kNearest;
  // For conditional selection: candidates of each member outside its group; a group has those of all its members.
  CandidateCounts counts;
};

// The sets of all groups. Those of conditional selection are in the order of selection, with the distances from the
// nearest member. A group of one row has the set of that row.
SearchStatistics SelectGroupSets(const GroupJob& job, const GroupRequest& request,
                                 Prepared& prepared, std::vector<std::vector<Neighbor>>& sets);

}  // namespace residual_knn
