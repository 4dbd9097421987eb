#include "search/automatic.h"

#include <string>
#include <vector>

#include "base/error.h"
#include "descent/chunk_plan.h"
#include "scan/brute_force.h"

namespace residual_knn {
namespace {

// Building the tree is worthwhile from this many multiplications of brute force in double precision for each row. That
// is twice the cost of building, because searching the tree has a cost, too. Then: how many times faster scans in
// integers are, overall.
constexpr double kBuildWork = 800'000;
constexpr double kFaster8 = 3;
constexpr double kFaster16 = 2;
// If a point needs more pivots than this, a tree has never paid: against products in double precision, and against
// products of integers.
constexpr double kMostCover = 0.5;
constexpr double kMostCoverQuantized = 0.05;

// Every query is scored against the rows outside the tree, and brute force answers those rows as queries. A tree does
// not help if they are more than one row in this many.
constexpr int64_t kMostOutsideOneIn = 64;

// The trees that the queries need.
struct NeededTrees {
  bool any = false;
  int64_t missing_rows = 0;  // of those that do not exist yet
};

NeededTrees TreesFor(const QuerySet& queries, TreeStore& trees) {
  const std::vector<bool> needed = ChunkPlan::StagesFor(trees, queries);
  NeededTrees found;
  for (int stage = 0; stage < trees.num_stages(); ++stage) {
    if (!needed[stage]) continue;
    found.any = true;
    if (!trees.Has(stage)) found.missing_rows += trees.size(stage);
  }
  return found;
}

// The multiplications of a scan of so many pairs.
double ScanWork(const ResidualModel& model, int64_t pairs) {
  return static_cast<double>(pairs) * static_cast<double>(model.m() + 10 * model.d() + 20);
}

// The multiplications of scans from which on trees of so many rows pay.
double TreeWork(int64_t rows, const QuantizedFit& fit) {
  const double faster = fit.bits8 ? kFaster8 : fit.bits16 ? kFaster16 : 1;
  return static_cast<double>(rows) * kBuildWork * faster;
}

// Returns a reason that does not depend on the work, or RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE.
int32_t ReasonByRounding(const ResidualModel& model, TreeStore& trees, Monitor& monitor) {
  if (!model.deficit().known) return ReasonNotToPrune(model);
  if (trees.RowsOutside(monitor) > model.n() / kMostOutsideOneIn)
    return RESIDUAL_KNN_REASON_ROUNDING;
  return RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE;
}

int32_t ReasonByTrees(const QuantizedFit& fit, TreeStore& trees, Monitor& monitor) {
  if (!trees.HaveRoom(monitor)) return RESIDUAL_KNN_REASON_MEMORY_LIMIT;
  const double most = fit.bits16 ? kMostCoverQuantized : kMostCover;
  if (trees.Cover(monitor) > most) return RESIDUAL_KNN_REASON_NO_COVER;
  return RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE;
}

}  // namespace

int32_t ReasonNotToPrune(const ResidualModel& model) {
  return model.inducing() != nullptr ? RESIDUAL_KNN_REASON_ROUNDING
                                     : RESIDUAL_KNN_REASON_UNKNOWN_FACTOR_ERROR;
}

void RequireRoomForTrees(const SearchJob& job, Prepared& prepared) {
  TreeStore& trees = prepared.trees();
  if (trees.HaveRoom(job.monitor)) return;
  throw Error(RESIDUAL_KNN_ERROR_OUT_OF_MEMORY,
              "trees need about " +
                  std::to_string(static_cast<int64_t>(trees.EstimatedBytes(job.monitor))) +
                  " bytes, but max_bytes leaves " +
                  std::to_string(static_cast<int64_t>(trees.Room())) +
                  " for them: raise max_bytes, or let the strategy be automatic or brute_force");
}

int32_t ReasonToScan(const SearchJob& job, Prepared& prepared, int64_t pairs) {
  TreeStore& trees = prepared.trees();
  const int32_t rounding = ReasonByRounding(job.model, trees, job.monitor);
  if (rounding != RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE) return rounding;
  const QuantizedFit fit = FitOf(job, prepared.scans());
  // While a tree that the queries need is missing, the work of small searches is added up. The tree is built once it
  // would have paid for all of them.
  const double work = ScanWork(job.model, pairs);
  const double before = prepared.AskedBefore(work);
  const NeededTrees needed = TreesFor(job.queries, trees);
  if (!needed.any) return RESIDUAL_KNN_REASON_FEW_PAIRS;
  if (needed.missing_rows > 0 && before + work < TreeWork(needed.missing_rows, fit)) {
    return RESIDUAL_KNN_REASON_FEW_PAIRS;
  }
  return ReasonByTrees(fit, trees, job.monitor);
}

bool TreesMayPay(const ResidualModel& model, Prepared& prepared, Monitor& monitor) {
  TreeStore& trees = prepared.trees();
  if (ReasonByRounding(model, trees, monitor) != RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE) return false;
  const QuantizedFit& fit = prepared.scans().Fit(monitor);
  int64_t all_pairs = 0;
  const bool is_huge = __builtin_mul_overflow(model.n(), model.n(), &all_pairs);
  if (!is_huge && ScanWork(model, all_pairs) < TreeWork(model.n(), fit)) return false;
  return ReasonByTrees(fit, trees, monitor) == RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE;
}

SearchWay ChooseWay(const SearchJob& job, Prepared& prepared, int64_t pairs) {
  SearchWay way;
  way.scan = job.settings.strategy == RESIDUAL_KNN_BRUTE_FORCE;
  way.compare = job.settings.strategy == RESIDUAL_KNN_AUTOMATIC;
  if (way.compare) {
    way.reason = ReasonToScan(job, prepared, pairs);
    way.scan = way.reason != RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE;
  } else if (!way.scan && !job.model.deficit().known) {
    way.reason = ReasonNotToPrune(job.model);
    way.scan = true;
  }
  if (!way.scan && MostRowsRepeat(job, prepared.scans())) {
    way.reason = RESIDUAL_KNN_REASON_REPEATED_POINTS;
    way.scan = true;
  }
  if (!way.scan && !way.compare) RequireRoomForTrees(job, prepared);
  return way;
}

}  // namespace residual_knn
