#include "mpi/lot_plan.h"

#include <algorithm>
#include <numeric>

#include "mpi/failure.h"
#include "mpi/lots.h"
#include "parallel/threads.h"

namespace residual_knn::mpi {
namespace {

std::vector<int64_t> Cut(CommTeam& team, std::span<const unsigned char> begins, int threads) {
  int64_t most = 1;
  for (const int64_t of_one : team.Share(ResolveThreads(threads))) most = std::max(most, of_one);
  return CutIntoLots(begins, team.size(), LeastLot(most));
}

}  // namespace

LotPlan PlanByTree(CommTeam& team, const SearchToPlan& search) {
  LotPlan plan;
  const auto count = static_cast<size_t>(std::max<int64_t>(search.question.num_queries, 0));
  plan.order.resize(count);
  std::vector<unsigned char> begins(count, 1);
  const residual_knn_status status =
      residual_knn_team_prepare(search.index, &search.question, search.options, &team.team(),
                                &plan.strategy, &plan.reason, plan.order.data(), begins.data());
  team.RethrowCaught();
  CheckStatus(status);
  plan.cuts = Cut(team, begins, search.threads);
  return plan;
}

LotPlan PlanInOrder(CommTeam& team, int64_t count, int threads) {
  LotPlan plan;
  plan.order.resize(static_cast<size_t>(count));
  std::iota(plan.order.begin(), plan.order.end(), int64_t{0});
  plan.cuts = Cut(team, std::vector<unsigned char>(plan.order.size(), 1), threads);
  return plan;
}

}  // namespace residual_knn::mpi
