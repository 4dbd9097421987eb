#include "search/group_search.h"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>

#include "query/result_sink.h"
#include "search/search.h"

namespace residual_knn {
namespace {

// Merges the neighbors of members to those of groups.
class GroupSink : public ResultSink {
 public:
  GroupSink(const GroupJob& job, std::vector<std::vector<Neighbor>>& neighbors)
      : k_(static_cast<size_t>(job.settings.k)),
        group_of_row_(GroupOfRows(job)),
        neighbors_(neighbors) {}

  void Write(const QueryBlock& block, int64_t query, std::span<const Neighbor> neighbors) override {
    const int64_t group = group_of_row_[block.self[query]];
    const std::lock_guard lock(locks_[static_cast<size_t>(group) % locks_.size()]);
    std::vector<Neighbor>& best = neighbors_[group];
    size_t added = 0;
    for (const Neighbor& neighbor : neighbors) {
      if (added == k_ || (best.size() >= k_ + added && !(neighbor < best[k_ - 1]))) break;
      if (group_of_row_[neighbor.row] == group) continue;
      best.push_back(neighbor);
      ++added;
    }
    if (added > 0) Shorten(best);
  }

 private:
  // Leaves the k nearest rows, each once.
  void Shorten(std::vector<Neighbor>& best) const {
    std::sort(best.begin(), best.end(), [](const Neighbor& a, const Neighbor& b) {
      return a.row != b.row ? a.row < b.row : a.distance < b.distance;
    });
    best.erase(std::unique(best.begin(), best.end(),
                           [](const Neighbor& a, const Neighbor& b) { return a.row == b.row; }),
               best.end());
    std::sort(best.begin(), best.end());
    if (best.size() > k_) best.resize(k_);
  }

  size_t k_;
  std::vector<int64_t> group_of_row_;
  std::vector<std::vector<Neighbor>>& neighbors_;
  std::array<std::mutex, 64> locks_;
};

}  // namespace

SearchStatistics SearchGroups(const GroupJob& job, Prepared& prepared,
                              std::vector<std::vector<Neighbor>>& neighbors) {
  neighbors.assign(static_cast<size_t>(job.groups.size()), {});
  GroupSink sink(job, neighbors);
  SearchStatistics sum;
  sum.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  sum.threads = 1;
  for (const Members& members : MembersBySize(job)) {
    SearchSettings settings = job.settings;
    settings.k = members.NeighborsFor(job.settings.k, job);
    settings.counts_informative = false;
    const std::unique_ptr<QuerySet> queries = members.Queries(job);
    AddSearch(Search({job.model, *queries, settings, sink, job.monitor}, prepared), sum);
  }
  return sum;
}

}  // namespace residual_knn
