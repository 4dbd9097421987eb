#include "simd/set_factor.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/set_factor.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "simd/dispatch.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Vectors of at most 8 values, because rows have room for 8 more.
using Values = hn::CappedTag<double, 8>;
using Vector = hn::Vec<Values>;

// Subtracts the products of the rows before row i from kVectors vectors of its elements, from column j on.
template <int kVectors>
HWY_INLINE void Reduce(const SetMatrix& matrix, const double* HWY_RESTRICT correlations, int64_t i,
                       int64_t j, double* HWY_RESTRICT factor) {
  const Values d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  Vector sums[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    sums[v] = hn::LoadU(d, correlations + i * matrix.stride + j + v * lanes);
  }
  for (int64_t a = 0; a < i; ++a) {
    const double* HWY_RESTRICT row = factor + a * matrix.stride;
    const Vector left = hn::Set(d, row[i]);
    for (int v = 0; v < kVectors; ++v) {
      sums[v] = hn::NegMulAdd(left, hn::LoadU(d, row + j + v * lanes), sums[v]);
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    hn::StoreU(sums[v], d, factor + i * matrix.stride + j + v * lanes);
  }
}

}  // namespace

int64_t FactorizeSetTarget(const SetMatrix& matrix, const double* correlations, double jitter,
                           double level, double* factor, double* inverse_roots) {
  const Values d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t end = matrix.size + 1;  // the right-hand side included
  for (int64_t i = 0; i < matrix.size; ++i) {
    int64_t j = i;
    for (; end - j > 3 * lanes; j += 4 * lanes) Reduce<4>(matrix, correlations, i, j, factor);
    for (; end - j > lanes; j += 2 * lanes) Reduce<2>(matrix, correlations, i, j, factor);
    for (; j < end; j += lanes) Reduce<1>(matrix, correlations, i, j, factor);
    double* const row = factor + i * matrix.stride;
    const double pivot = row[i] + jitter;
    if (!(pivot > level)) return i;
    row[i] = pivot;
    inverse_roots[i] = 1 / std::sqrt(pivot);
    const Vector scale = hn::Set(d, inverse_roots[i]);
    for (j = i; j < end; j += lanes) {
      hn::StoreU(hn::Mul(scale, hn::LoadU(d, row + j)), d, row + j);
    }
  }
  return matrix.size;
}

void SolveSetTarget(const SetMatrix& matrix, const double* factor, const double* inverse_roots,
                    double* solution) {
  const Values d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t a = matrix.size - 1; a >= 0; --a) {
    const double* row = factor + a * matrix.stride;
    Vector sum = hn::Zero(d);
    int64_t j = a + 1;
    for (; j + lanes <= matrix.size; j += lanes) {
      sum = hn::MulAdd(hn::LoadU(d, row + j), hn::LoadU(d, solution + j), sum);
    }
    if (j < matrix.size) {
      const auto rest = hn::FirstN(d, static_cast<size_t>(matrix.size - j));
      sum = hn::MulAdd(hn::IfThenElseZero(rest, hn::LoadU(d, row + j)),
                       hn::IfThenElseZero(rest, hn::LoadU(d, solution + j)), sum);
    }
    solution[a] = (row[matrix.size] - hn::GetLane(hn::SumOfLanes(d, sum))) * inverse_roots[a];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace residual_knn {
HWY_EXPORT(FactorizeSetTarget);
HWY_EXPORT(SolveSetTarget);

int64_t FactorizeSet(const SetMatrix& matrix, const double* correlations, double jitter,
                     double level, double* factor, double* inverse_roots) {
  return Chosen(HWY_DISPATCH_TABLE(FactorizeSetTarget))(matrix, correlations, jitter, level, factor,
                                                        inverse_roots);
}

void SolveSet(const SetMatrix& matrix, const double* factor, const double* inverse_roots,
              double* solution) {
  Chosen(HWY_DISPATCH_TABLE(SolveSetTarget))(matrix, factor, inverse_roots, solution);
}
}  // namespace residual_knn
#endif
