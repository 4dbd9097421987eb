#include "mpi/dealt_lots.h"

namespace residual_knn::mpi {

DealtLots::DealtLots(const CommTeam& team, const LotPlan& plan)
    : plan_(plan), deal_(team, plan.num_lots()), strategy_(&deal_, plan.strategy, plan.reason) {}

void DealtLots::Run(const std::function<void()>& work) {
  try {
    work();
  } catch (...) {
    deal_.Finish();
    if (failure_) std::rethrow_exception(failure_);
    throw;
  }
  deal_.Finish();
}

bool DealtLots::Next() {
  const int64_t lot = deal_.Next();
  if (lot == Deal::kNone) return false;
  lot_ = lot;
  return true;
}

bool DealtLots::Serve() {
  try {
    deal_.Serve();
  } catch (...) {
    // The library that calls this lets no exception pass.
    failure_ = std::current_exception();
    return false;
  }
  return true;
}

}  // namespace residual_knn::mpi
