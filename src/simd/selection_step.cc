#include "simd/selection_step.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/selection_step.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "simd/dispatch.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Vectors of at most 8 values, because arrays have room for 8 more.
using Values = hn::CappedTag<double, 8>;
using Vector = hn::Vec<Values>;

HWY_INLINE void StoreReductions(Values d, Vector variance, Vector covariance, int64_t i,
                                const SelectionState& state) {
  const auto is_sure = hn::And(hn::Gt(variance, hn::LoadU(d, state.level + i)),
                               hn::Gt(hn::Abs(covariance), hn::LoadU(d, state.error + i)));
  const Vector reduction = hn::Div(hn::Mul(covariance, covariance), variance);
  hn::StoreU(hn::IfThenElseZero(is_sure, reduction), d, state.reduction + i);
}

}  // namespace

void SetReductionsTarget(const SelectionState& state) {
  const Values d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < state.count; i += lanes) {
    StoreReductions(d, hn::LoadU(d, state.variance + i), hn::LoadU(d, state.covariance + i), i,
                    state);
  }
}

void ConditionOnTarget(int64_t pick, const double* correlations, const double* at_pick,
                       const SelectionColumns& factor, const SelectionState& state) {
  const Values d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const double pivot = std::sqrt(state.variance[pick]);
  const Vector root = hn::Set(d, pivot);
  const Vector y = hn::Set(d, state.covariance[pick] / pivot);
  double* const column = factor.columns + factor.done * factor.stride;
  for (int64_t i = 0; i < state.count; i += lanes) {
    Vector sum = hn::LoadU(d, correlations + i);
    for (int64_t a = 0; a < factor.done; ++a) {
      sum = hn::NegMulAdd(hn::Set(d, at_pick[a]),
                          hn::LoadU(d, factor.columns + a * factor.stride + i), sum);
    }
    const Vector element = hn::Div(sum, root);
    hn::StoreU(element, d, column + i);
    const Vector variance = hn::NegMulAdd(element, element, hn::LoadU(d, state.variance + i));
    const Vector covariance = hn::NegMulAdd(element, y, hn::LoadU(d, state.covariance + i));
    hn::StoreU(variance, d, state.variance + i);
    hn::StoreU(covariance, d, state.covariance + i);
    StoreReductions(d, variance, covariance, i, state);
  }
  column[pick] = pivot;
}

int64_t FirstLargestTarget(const double* values, int64_t count, double least) {
  const Values d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t whole = count - count % lanes;
  Vector largest = hn::Set(d, least);
  for (int64_t i = 0; i < whole; i += lanes) {
    const Vector v = hn::LoadU(d, values + i);
    largest = hn::IfThenElse(hn::Gt(v, largest), v, largest);
  }
  double value = hn::GetLane(hn::MaxOfLanes(d, largest));
  for (int64_t i = whole; i < count; ++i) value = values[i] > value ? values[i] : value;
  if (!(value > least)) return -1;
  const Vector wanted = hn::Set(d, value);
  for (int64_t i = 0; i < whole; i += lanes) {
    const auto place = hn::FindFirstTrue(d, hn::Eq(hn::LoadU(d, values + i), wanted));
    if (place >= 0) return i + place;
  }
  int64_t i = whole;
  while (values[i] != value) ++i;
  return i;
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
HWY_EXPORT(SetReductionsTarget);
HWY_EXPORT(ConditionOnTarget);
HWY_EXPORT(FirstLargestTarget);

void SetReductions(const SelectionState& state) {
  Chosen(HWY_DISPATCH_TABLE(SetReductionsTarget))(state);
}

void ConditionOn(int64_t pick, const double* correlations, const double* at_pick,
                 const SelectionColumns& factor, const SelectionState& state) {
  Chosen(HWY_DISPATCH_TABLE(ConditionOnTarget))(pick, correlations, at_pick, factor, state);
}

int64_t FirstLargest(const double* values, int64_t count, double least) {
  return Chosen(HWY_DISPATCH_TABLE(FirstLargestTarget))(values, count, least);
}
}  // namespace residual_knn
#endif
