#include "search/group_members.h"

#include <algorithm>
#include <bit>

namespace residual_knn {

std::unique_ptr<QuerySet> Members::Queries(const GroupJob& job) const {
  if (job.predecessors) return MakeLimitedQueries(job.model, rows, limits);
  return MakeRowQueries(job.model, rows.data(), std::ssize(rows), false);
}

int64_t Members::NeighborsFor(int64_t k, const GroupJob& job) const {
  if (job.predecessors) return k;
  // Other members may be nearer than all others; there are never more neighbors than other rows.
  return std::min(k + largest_size - 1, std::max<int64_t>(job.model.n() - 1, 1));
}

std::vector<Members> MembersBySize(const GroupJob& job) {
  std::vector<Members> parts(job.predecessors ? 1 : 64);
  for (int64_t group = 0; group < job.groups.size(); ++group) {
    const auto rows = job.groups.rows(group);
    const auto part = job.predecessors ? 0 : std::bit_width(rows.size() - 1);
    Members& members = parts[static_cast<size_t>(part)];
    members.groups.push_back(group);
    members.rows.insert(members.rows.end(), rows.begin(), rows.end());
    if (job.predecessors) {
      members.limits.insert(members.limits.end(), rows.size(), job.groups.first_row(group));
    }
    members.largest_size = std::max(members.largest_size, std::ssize(rows));
  }
  std::erase_if(parts, [](const Members& part) { return part.rows.empty(); });
  return parts;
}

std::vector<int64_t> GroupOfRows(const GroupJob& job) {
  std::vector<int64_t> group_of_row(static_cast<size_t>(job.model.n()), -1);
  for (int64_t group = 0; group < job.groups.size(); ++group) {
    for (const int64_t row : job.groups.rows(group)) group_of_row[row] = group;
  }
  return group_of_row;
}

void AddSearch(const SearchStatistics& part, SearchStatistics& sum) {
  if (part.pairs >= sum.pairs) {
    sum.strategy = part.strategy;
    sum.reason = part.reason;
  }
  sum.Add(part);
  sum.pairs += part.pairs;
  sum.threads = std::max(sum.threads, part.threads);
  sum.coarse_blocks = std::max(sum.coarse_blocks, part.coarse_blocks);
  sum.tree_seconds += part.tree_seconds;
}

}  // namespace residual_knn
