#include "search/automatic.h"

#include "scan/brute_force.h"

namespace residual_knn {
namespace {

// Multiplications of brute force in double precision from which on building the tree is worth while, for each row: twice
// what building costs, since searching the tree costs something, too. And how much faster scans in integers are, all in
// all.
constexpr double kBuildWork = 800'000;
constexpr double kFaster8 = 3;
constexpr double kFaster16 = 2;
// Where more pivots than this are needed a point, a tree has never paid: against products in double precision, and
// against those of integers.
constexpr double kMostCover = 0.5;
constexpr double kMostCoverQuantized = 0.05;

// Every query is scored against the rows outside the tree, and brute force answers those rows as queries. A tree is no
// use where they are more than one row in so many.
constexpr int64_t kMostOutsideOneIn = 64;

}  // namespace

int32_t ReasonNotToPrune(const ResidualModel& model) {
  return model.inducing() != nullptr ? RESIDUAL_KNN_REASON_ROUNDING
                                     : RESIDUAL_KNN_REASON_UNKNOWN_FACTOR_ERROR;
}

int32_t ReasonToScan(const SearchJob& job, Prepared& prepared, int64_t pairs) {
  const ResidualModel& model = job.model;
  TreeStore& trees = prepared.trees();
  if (!model.deficit().known) return ReasonNotToPrune(model);
  if (trees.RowsOutside(job.monitor) > model.n() / kMostOutsideOneIn)
    return RESIDUAL_KNN_REASON_ROUNDING;
  const QuantizedFit fit = FitOf(job, prepared.scans());
  // Until there is a tree, small questions add up: it is built once they would have paid for it.
  const double work =
      static_cast<double>(pairs) * static_cast<double>(model.m() + 10 * model.d() + 20);
  const double faster = fit.bits8 ? kFaster8 : fit.bits16 ? kFaster16 : 1;
  const double build = static_cast<double>(model.n()) * kBuildWork * faster;
  const double before = prepared.AskedBefore(work);
  if (!trees.Has(0) && before + work < build) return RESIDUAL_KNN_REASON_FEW_PAIRS;
  const double most = fit.bits16 ? kMostCoverQuantized : kMostCover;
  if (trees.Cover(job.monitor) > most) return RESIDUAL_KNN_REASON_NO_COVER;
  return RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE;
}

}  // namespace residual_knn
