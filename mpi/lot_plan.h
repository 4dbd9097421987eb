// How the queries of a search are shared: their order, and the lots in which they are dealt. All processes of a team plan
// together, and get the same plan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "c_api/team.h"
#include "mpi/comm_team.h"
#include "residual_knn.h"

namespace residual_knn::mpi {

struct LotPlan {
  int32_t strategy = RESIDUAL_KNN_AUTOMATIC;
  int32_t reason = RESIDUAL_KNN_REASON_REQUESTED;
  std::vector<int64_t> order;
  std::vector<int64_t> cuts;  // where lots begin in `order`, and its end

  [[nodiscard]] int64_t num_lots() const { return static_cast<int64_t>(cuts.size()) - 1; }
  [[nodiscard]] int64_t FirstOf(int64_t lot) const { return cuts[static_cast<size_t>(lot)]; }
  [[nodiscard]] std::span<const int64_t> QueriesOf(int64_t lot) const {
    const auto count = static_cast<size_t>(FirstOf(lot + 1) - FirstOf(lot));
    return std::span(order).subspan(static_cast<size_t>(FirstOf(lot)), count);
  }
};

struct SearchToPlan {
  const residual_knn_index* index;
  residual_knn_team_question question;
  const residual_knn_search_options* options;  // null: defaults
  int threads;                                 // of this process; 0: one for each processor
};

// The queries in an order that suits a search by tree. Builds the trees, if they pay.
LotPlan PlanByTree(CommTeam& team, const SearchToPlan& search);

// Queries 0, 1, ... `count` - 1 in this order. `threads` as above.
LotPlan PlanInOrder(CommTeam& team, int64_t count, int threads);

}  // namespace residual_knn::mpi
