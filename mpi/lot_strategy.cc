#include "mpi/lot_strategy.h"

namespace residual_knn::mpi {

LotStrategy::LotStrategy(Deal* deal, int32_t planned, int32_t reason)
    : deal_(deal),
      planned_(planned),
      reason_(reason),
      compares_(planned == RESIDUAL_KNN_AUTOMATIC &&
                reason == RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE) {}

int32_t LotStrategy::OfLot() const {
  if (!compares_) return planned_;
  const int64_t told = deal_->word();
  if (told != Deal::kNoWord) return static_cast<int32_t>(told);
  return deal_->rank() == 0 ? RESIDUAL_KNN_AUTOMATIC : RESIDUAL_KNN_DUAL_TREE;
}

void LotStrategy::Learn(const residual_knn_statistics& statistics) {
  if (!compares_ || deal_->rank() != 0 || deal_->word() != Deal::kNoWord) return;
  const bool scan = statistics.reason == RESIDUAL_KNN_REASON_SAMPLE_FOR_BRUTE_FORCE;
  deal_->SetWord(scan ? RESIDUAL_KNN_BRUTE_FORCE : RESIDUAL_KNN_DUAL_TREE);
}

int32_t LotStrategy::reason() const {
  if (!compares_) return reason_;
  return deal_->word() == RESIDUAL_KNN_BRUTE_FORCE ? RESIDUAL_KNN_REASON_SAMPLE_FOR_BRUTE_FORCE
                                                   : RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE;
}

}  // namespace residual_knn::mpi
