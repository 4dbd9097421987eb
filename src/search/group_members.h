// The members of groups as the queries of searches.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/residual_model.h"
#include "parallel/monitor.h"
#include "query/query_set.h"
#include "query/row_groups.h"
#include "query/search_settings.h"
#include "query/search_statistics.h"

namespace residual_knn {

struct GroupJob {
  const ResidualModel& model;
  const RowGroups& groups;
  // True: only rows that precede all members of a group are its candidates. False: all rows outside the group.
  bool predecessors;
  const SearchSettings& settings;
  Monitor& monitor;
};

// Members of some groups, which one search takes as its queries, in this order.
struct Members {
  std::vector<int64_t> groups;
  std::vector<int64_t> rows;
  std::vector<int64_t> limits;  // for predecessors
  int64_t largest_size = 0;     // of a group

  // The queries; they refer to this object.
  [[nodiscard]] std::unique_ptr<QuerySet> Queries(const GroupJob& job) const;
  // Number of neighbors of a member among which there are at least k outside its group, or all rows.
  [[nodiscard]] int64_t NeighborsFor(int64_t k, const GroupJob& job) const;
};

// All groups, parted by size, so that a large group does not make the searches of small ones long.
std::vector<Members> MembersBySize(const GroupJob& job);

// The group of each row, -1 for none.
std::vector<int64_t> GroupOfRows(const GroupJob& job);

// Adds what the search of one part has counted.
void AddSearch(const SearchStatistics& part, SearchStatistics& sum);

}  // namespace residual_knn
