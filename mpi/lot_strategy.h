// The strategy of the searches of lots. If a timed sample has to decide, process 0 takes it with its first lot, and
// tells the others with the lots that it deals. Until then they use the tree.
#pragma once

#include <cstdint>

#include "mpi/deal.h"
#include "residual_knn.h"

namespace residual_knn::mpi {

class LotStrategy {
 public:
  // `planned` and `reason` are those of residual_knn_team_prepare.
  LotStrategy(Deal* deal, int32_t planned, int32_t reason);

  // For the lot that the deal has just given.
  [[nodiscard]] int32_t OfLot() const;
  // After each lot.
  void Learn(const residual_knn_statistics& statistics);
  // Of the whole search, at the end.
  [[nodiscard]] int32_t reason() const;

 private:
  Deal* deal_;
  int32_t planned_;
  int32_t reason_;
  bool compares_;
};

}  // namespace residual_knn::mpi
