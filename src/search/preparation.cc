#include "search/preparation.h"

#include "model/callback_covariance.h"
#include "scan/brute_force.h"
#include "search/automatic.h"

namespace residual_knn {

void PrepareSearches(const ResidualModel& model, int threads, Monitor& monitor,
                     Prepared& prepared) {
  const int usable = UsableThreads(model.callback(), threads);
  if (!TreesMayPay(model, prepared, monitor)) {
    ScanStore& scans = prepared.scans();
    PrepareBruteForce(model, scans.Fit(monitor), usable, monitor, scans);
    return;
  }
  TreeStore& trees = prepared.trees();
  double seconds = 0;
  for (int stage = 0; stage < trees.num_stages(); ++stage) {
    trees.Get(stage, usable, monitor, seconds);
  }
}

}  // namespace residual_knn
