// The nearest neighbors of groups of rows.
//
// The distance of a row from a group is its distance from the nearest member, that is, from the member with which it is
// most correlated. Take, for each member, its k nearest rows outside the group. The k nearest rows of the group are in
// the union of these lists: a row that is not in the list of its nearest member has k others before it. So the members
// are searched as queries, and the answers are merged.
#pragma once

#include <vector>

#include "query/ranking.h"
#include "search/group_members.h"
#include "search/prepared.h"

namespace residual_knn {

// The k nearest of each group, or all candidates if there are fewer, nearest first; ties go to the smaller row. Among
// all rows, each member of a group of g members is searched for up to k + 2 g - 2 neighbors.
SearchStatistics SearchGroups(const GroupJob& job, Prepared& prepared,
                              std::vector<std::vector<Neighbor>>& neighbors);

}  // namespace residual_knn
