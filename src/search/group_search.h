// The nearest neighbors of groups of rows.
//
// The distance of a row from a group is its distance from the nearest member, that is, from the member with which it is
// most correlated. The k nearest of a group are among the k nearest of each member outside the group: a row that is not
// among those of its nearest member has k others before it. So each member is searched for by itself, and the answers
// are merged.
#pragma once

#include <vector>

#include "query/ranking.h"
#include "search/group_members.h"
#include "search/prepared.h"

namespace residual_knn {

// The k nearest of each group, or all candidates if there are fewer, nearest first; ties go to the smaller row. Among
// all rows, a group of g members takes searches for k + g neighbors of each.
SearchStatistics SearchGroups(const GroupJob& job, Prepared& prepared,
                              std::vector<std::vector<Neighbor>>& neighbors);

}  // namespace residual_knn
