#include "tree/pivot_correlations.h"

#include <algorithm>
#include <type_traits>

#include "blas/blas.h"

namespace residual_knn {

template <class Value>
void CorrelatePivots(const ResidualModel& model, const BlockRun& run,
                     const CorrelatedPoints<Value>& correlated, AlignedVectorOf<Value>& products,
                     int64_t width, double* out) {
  constexpr int64_t kSlack = 16;
  const PivotBlocks& blocks = run.blocks;
  const int64_t first_pivot = run.FirstPivot();
  const int64_t num_pivots = run.NumPivots();
  const ResidualPoints& points = correlated.points;
  const int64_t count = points.count;
  const auto room = static_cast<size_t>(num_pivots * count + kSlack);
  if (products.size() < room) products.resize(room);
  std::fill_n(products.begin() + num_pivots * count, kSlack, Value{0});
  const Value* pivots = nullptr;
  if constexpr (std::is_same_v<Value, float>) {
    pivots = blocks.v32(first_pivot);
  } else {
    pivots = blocks.v(first_pivot);
  }
  blas::MultiplyTransposed(pivots, num_pivots, correlated.v, count, model.m(), products.data());
  for (int64_t a = 0; a < num_pivots; ++a) {
    const int64_t pivot = first_pivot + a;
    const Value* row = products.data() + a * count;
    double* to = out + a * width;
    if (model.covariance() != nullptr) {
      ResidualRow(model.covariance()->view(),
                  {blocks.point(pivot), blocks.inverse_deviation(pivot)}, points, row, to);
    } else {
      for (int64_t i = 0; i < count; ++i) {
        to[i] = (correlated.covariances[i * num_pivots + a] - static_cast<double>(row[i])) *
                (blocks.inverse_deviation(pivot) * points.inverse_deviations[i]);
      }
    }
    std::fill(to + count, to + width, 0.0);
  }
}

template void CorrelatePivots(const ResidualModel&, const BlockRun&, const CorrelatedPoints<float>&,
                              AlignedFloats&, int64_t, double*);
template void CorrelatePivots(const ResidualModel&, const BlockRun&,
                              const CorrelatedPoints<double>&, AlignedVector&, int64_t, double*);

}  // namespace residual_knn
