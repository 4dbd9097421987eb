#include "conditioning/group_sets.h"

#include <algorithm>
#include <memory>
#include <span>

#include "conditioning/conditional_selection.h"
#include "conditioning/group_selection.h"
#include "model/callback_covariance.h"
#include "model/factor_rows.h"
#include "parallel/parallel_for.h"
#include "search/group_search.h"

namespace residual_knn {
namespace {

// What searches found for each member: first the residual candidates, nearest first, then the scaled ones. The places are
// more than the counts, because members of the same group may be among the nearest.
struct MemberLists {
  const RowLists& rows;
  size_t residual_places;
  CandidateCounts counts;  // that a member gives to its group
};

// One thread's part of the selections.
class Worker {
 public:
  Worker(const GroupJob& job, const std::vector<int64_t>& group_of_row,
         std::vector<std::vector<Neighbor>>& sets, int index)
      : job_(job),
        group_of_row_(group_of_row),
        sets_(sets),
        pace_({job.monitor, index}, CostOf(job.model.callback())),
        of_point_(job.model),
        of_group_(job.model),
        factor_rows_(job.model) {}

  // `first` is the place of the first member of the group among the queries of the lists.
  void Select(int64_t group, const MemberLists& lists, int64_t first) {
    const std::span<const int64_t> members = job_.groups.rows(group);
    ReadCandidates(group, lists, first);
    std::vector<Neighbor>& set = sets_[group];
    if (members.size() == 1) {
      of_point_.Select(PointOf(members.front()), candidates_, job_.settings.k, pace_);
      Write(of_point_.picks(), of_point_.informative(), set);
    } else {
      of_group_.Select(members, candidates_, job_.settings.k, pace_);
      Write(of_group_.picks(), of_group_.informative(), set);
    }
    pairs_ += std::ssize(candidates_) * (std::ssize(members) + std::ssize(set));
  }

  void AddTo(SearchStatistics& statistics) const {
    statistics.AddCanonical(pairs_);
    statistics.candidates += num_candidates_;
    statistics.uninformative_picks += uninformative_picks_;
  }

 private:
  // The candidates of all members, ascending.
  void ReadCandidates(int64_t group, const MemberLists& lists, int64_t first) {
    candidates_.clear();
    for (int64_t i = 0; i < std::ssize(job_.groups.rows(group)); ++i) {
      lists.rows.Read(first + i, list_);
      const std::span<const int64_t> found = list_;
      AddNearest(group, found.first(lists.residual_places), lists.counts.residual);
      AddNearest(group, found.subspan(lists.residual_places), lists.counts.scaled);
    }
    SortAndDropRepeats(candidates_);
    num_candidates_ += std::ssize(candidates_);
  }

  // Adds the first `count` of the rows, nearest first, that can be neighbors of the group.
  void AddNearest(int64_t group, std::span<const int64_t> rows, int64_t count) {
    const int64_t limit = job_.predecessors ? job_.groups.first_row(group) : job_.model.n();
    for (const int64_t row : rows) {
      if (count == 0) return;
      if (row < 0 || row >= limit || group_of_row_[row] == group) continue;
      candidates_.push_back(row);
      --count;
    }
  }

  PointView PointOf(int64_t row) {
    point_.resize(static_cast<size_t>(job_.model.d()));
    job_.model.points().CopyPoint(row, point_.data());
    return {factor_rows_.Row(row), point_.data(), job_.model.inverse_deviation()[row], row};
  }

  template <class AnyPick>
  void Write(std::span<const AnyPick> picks, int64_t informative, std::vector<Neighbor>& set) {
    for (const AnyPick& pick : picks) {
      set.push_back({DistanceOf(pick.rho, Ranking::kAbsolute), pick.row});
    }
    uninformative_picks_ += std::ssize(picks) - informative;
  }

  const GroupJob& job_;
  const std::vector<int64_t>& group_of_row_;
  std::vector<std::vector<Neighbor>>& sets_;
  Pace pace_;
  ConditionalSelection of_point_;
  GroupSelection of_group_;
  FactorRows factor_rows_;
  std::vector<double> point_;
  std::vector<int64_t> list_;
  std::vector<int64_t> candidates_;
  int64_t pairs_ = 0;
  int64_t num_candidates_ = 0;
  int64_t uninformative_picks_ = 0;
};

SearchStatistics SelectConditional(const GroupJob& job, const CandidateCounts& counts,
                                   Prepared& prepared, std::vector<std::vector<Neighbor>>& sets) {
  sets.assign(static_cast<size_t>(job.groups.size()), {});
  const std::vector<int64_t> group_of_row = GroupOfRows(job);
  const int threads = UsableThreads(job.model.callback(), job.settings.threads);
  std::vector<Worker> workers;
  workers.reserve(static_cast<size_t>(threads));
  for (int i = 0; i < threads; ++i) workers.emplace_back(job, group_of_row, sets, i);
  SearchStatistics sum;
  sum.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  sum.threads = threads;
  for (const Members& members : MembersBySize(job)) {
    SearchSettings settings = job.settings;
    settings.counts_informative = false;
    const auto wanted = [&](int64_t count) {
      return count == 0 ? 0 : members.NeighborsFor(count, job);
    };
    const std::unique_ptr<QuerySet> queries = members.Queries(job);
    SearchStatistics part;
    const CandidateCounts places{wanted(counts.residual), wanted(counts.scaled)};
    const std::unique_ptr<RowLists> found =
        FindCandidates({job.model, *queries, settings, job.monitor}, places, prepared, part);
    const MemberLists lists{*found, static_cast<size_t>(places.residual), counts};
    AddSearch(part, sum);
    std::vector<int64_t> first;  // places of the first members
    int64_t place = 0;
    for (const int64_t group : members.groups) {
      first.push_back(place);
      place += std::ssize(job.groups.rows(group));
    }
    job.monitor.Start(std::ssize(members.groups));
    ParallelFor(threads, std::ssize(members.groups), job.monitor, [&](int64_t task, int worker) {
      workers[worker].Select(members.groups[task], lists, first[task]);
      job.monitor.Advance(1);
    });
  }
  for (const Worker& worker : workers) worker.AddTo(sum);
  return sum;
}

}  // namespace

SearchStatistics SelectGroupSets(const GroupJob& job, const GroupRequest& request,
                                 Prepared& prepared, std::vector<std::vector<Neighbor>>& sets) {
  if (request.selection == Selection::kConditional) {
    return SelectConditional(job, request.counts, prepared, sets);
  }
  return SearchGroups(job, prepared, sets);
}

}  // namespace residual_knn
