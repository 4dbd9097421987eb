#include "mpi/shared_search.h"

#include <algorithm>
#include <optional>

#include "mpi/agreement.h"
#include "mpi/call_search.h"
#include "mpi/dealt_lots.h"
#include "mpi/lot_plan.h"
#include "mpi/lot_statistics.h"

namespace residual_knn::mpi {
namespace {

// The progress callback of the searches of lots: serves the other processes, and reports the share of all queries.
struct Relay {
  DealtLots& lots;
  const residual_knn_search_options& options;  // of the caller
  int64_t all_queries;

  static int32_t Report(void* user, int64_t done, int64_t total) {
    auto& self = *static_cast<Relay*>(user);
    if (!self.lots.Serve()) return 1;
    if (self.options.progress == nullptr) return 0;
    const double share = static_cast<double>(done) / static_cast<double>(total);
    const auto in_lot = static_cast<double>(self.lots.queries().size());
    return self.options.progress(self.options.progress_user,
                                 self.lots.first() + static_cast<int64_t>(share * in_lot),
                                 self.all_queries);
  }
};

LotPlan MakePlan(CommTeam& team, const SearchCall& call,
                 const residual_knn_search_options& options) {
  RequireReadable(call, options);
  RequireSameSearch(team, call, options);
  if (options.candidate_offsets == nullptr) {
    const residual_knn_team_question question{call.rows, call.new_points, call.num_queries,
                                              static_cast<int32_t>(call.predecessors ? 1 : 0),
                                              call.k};
    return PlanByTree(team, {call.index, question, call.options, options.threads});
  }
  LotPlan plan = PlanInOrder(team, call.num_queries, options.threads);
  plan.strategy = options.strategy;
  plan.reason = RESIDUAL_KNN_REASON_CANDIDATE_LISTS;
  return plan;
}

}  // namespace

FoundNeighbors SearchMyLots(CommTeam& team, const SearchCall& call, bool wants_distances,
                            residual_knn_statistics* statistics) {
  const residual_knn_search_options caller = ReadSearchOptions(call.options);
  const LotPlan plan = MakePlan(team, call, caller);
  DealtLots lots(team, plan);
  Relay relay{lots, caller, std::max<int64_t>(call.num_queries, 1)};
  residual_knn_search_options options = caller;
  if (team.rank() == 0 || caller.progress != nullptr) {
    options.progress = Relay::Report;
    options.progress_user = &relay;
  }
  std::optional<CallSearch> mine;
  lots.Run([&] {
    mine.emplace(call, options, wants_distances);
    while (lots.Next()) lots.Learn(mine->Search(lots.queries(), lots.strategy()));
  });
  mine->SearchLeft(mine->left().ShareOut(team, InfoOf(call.index).m));
  *statistics = SumOf(team, mine->statistics(), lots.reason());
  return mine->TakeFound();
}

}  // namespace residual_knn::mpi
