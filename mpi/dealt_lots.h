// The lots of a plan that this process gets, one after the other.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <span>

#include "mpi/comm_team.h"
#include "mpi/deal.h"
#include "mpi/lot_plan.h"
#include "mpi/lot_strategy.h"
#include "residual_knn.h"

namespace residual_knn::mpi {

class DealtLots {
 public:
  // Every process of the team makes one for the same plan. Both must outlive this object.
  DealtLots(const CommTeam& team, const LotPlan& plan);

  // Calls work(), which searches lots until Next returns false. Ends the deal, also if work throws.
  void Run(const std::function<void()>& work);

  // Takes the next lot. Returns false if there are no more.
  bool Next();
  // Of the lot that was taken last: its queries, the place of the first one in the order of the plan, and its strategy.
  [[nodiscard]] std::span<const int64_t> queries() const { return plan_.QueriesOf(lot_); }
  [[nodiscard]] int64_t first() const { return plan_.FirstOf(lot_); }
  [[nodiscard]] int32_t strategy() const { return strategy_.OfLot(); }
  // After its search.
  void Learn(const residual_knn_statistics& statistics) { strategy_.Learn(statistics); }

  // Serves the other processes. To be called about every 50 ms while a lot is searched. Returns false if this fails: the
  // search must stop, and Run then throws the failure.
  bool Serve();

  // Of the whole search, after Run.
  [[nodiscard]] int32_t reason() const { return strategy_.reason(); }

 private:
  const LotPlan& plan_;
  Deal deal_;
  LotStrategy strategy_;
  int64_t lot_ = 0;
  std::exception_ptr failure_;
};

}  // namespace residual_knn::mpi
