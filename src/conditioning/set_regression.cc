#include "conditioning/set_regression.h"

#include "base/assert.h"

namespace residual_knn {

void SetRegression::Load(const PointView& point, std::span<const int64_t> set) {
  point_ = point;
  const int64_t size = std::ssize(set);
  matrix_ = {size, RowGroup::TriangleStride(size)};
  set_.Load(set);
  correlations_.resize(static_cast<size_t>(RowGroup::TriangleSize(size + 1)));
  factor_.resize(correlations_.size());
  inverse_roots_.resize(set.size());
  solution_.resize(static_cast<size_t>(size + RowGroup::kSlack));
  set_.Triangle(point, correlations_.data());
  for (int64_t a = 0; a < size; ++a) {
    double* const row = correlations_.data() + (a + 1) * matrix_.stride;
    row[a] = 1;
    row[size] = correlations_[a];
  }
}

bool SetRegression::Factorize(double jitter) {
  const double level = 8 * static_cast<double>(matrix_.size + 8) * 0x1p-53;
  failed_ = FactorizeSet(matrix_, correlations_.data() + matrix_.stride, jitter, level,
                         factor_.data(), inverse_roots_.data());
  if (failed_ < matrix_.size) return false;
  double square = 0;
  for (int64_t a = 0; a < matrix_.size; ++a) {
    const double y = factor_[a * matrix_.stride + matrix_.size];
    square += y * y;
  }
  unexplained_ = 1 + jitter - square;
  return unexplained_ > level;
}

void SetRegression::Weights(std::span<double> weights) {
  RESIDUAL_KNN_ASSERT(std::ssize(weights) == matrix_.size);
  SolveSet(matrix_, factor_.data(), inverse_roots_.data(), solution_.data());
  const double scale = point_.inverse_deviation;
  for (int64_t a = 0; a < matrix_.size; ++a) {
    weights[a] = scale > 0 ? solution_[a] * (set_.inverse_deviation(a) / scale) : 0;
  }
}

}  // namespace residual_knn
