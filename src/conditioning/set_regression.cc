#include "conditioning/set_regression.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"

namespace residual_knn {

void SetRegression::Load(const PointView& point, std::span<const int64_t> set) {
  point_ = point;
  size_ = std::ssize(set);
  stride_ = size_ + 1;
  set_.Load(set);
  correlations_.resize(static_cast<size_t>(size_ * stride_ + RowGroup::kSlack));
  with_point_.resize(static_cast<size_t>(size_ + RowGroup::kSlack));
  set_.Correlations(point, with_point_.data());
  for (int64_t a = 0; a < size_; ++a) {
    double* row = correlations_.data() + a * stride_;
    // What the kernel writes beyond this row is overwritten by the next row.
    if (a + 1 < size_) set_.Correlations(a, row + a + 1, a + 1);
    row[a] = 1;
    row[size_] = with_point_[a];
  }
}

bool SetRegression::Factorize(double jitter) {
  factor_ = correlations_;
  const double level = 8 * static_cast<double>(size_ + 8) * 0x1p-53;
  double square = 0;
  for (int64_t a = 0; a < size_; ++a) {
    double* pivot_row = factor_.data() + a * stride_;
    const double pivot = pivot_row[a] + jitter;
    failed_ = a;
    if (!(pivot > level)) return false;
    const double root = std::sqrt(pivot);
    pivot_row[a] = root;
    for (int64_t j = a + 1; j <= size_; ++j) pivot_row[j] /= root;
    for (int64_t i = a + 1; i < size_; ++i) {
      double* row = factor_.data() + i * stride_;
      const double factor = pivot_row[i];
      for (int64_t j = i; j <= size_; ++j) row[j] -= factor * pivot_row[j];
    }
    square += pivot_row[size_] * pivot_row[size_];
  }
  failed_ = size_;
  unexplained_ = 1 + jitter - square;
  return unexplained_ > level;
}

void SetRegression::Weights(std::span<double> weights) {
  RESIDUAL_KNN_ASSERT(std::ssize(weights) == size_);
  const double scale = point_.inverse_deviation;
  for (int64_t a = size_ - 1; a >= 0; --a) {
    const double* row = factor_.data() + a * stride_;
    double sum = row[size_];
    for (int64_t j = a + 1; j < size_; ++j) sum -= row[j] * weights[j];
    weights[a] = sum / row[a];
  }
  for (int64_t a = 0; a < size_; ++a) {
    weights[a] = scale > 0 ? weights[a] * (set_.inverse_deviation(a) / scale) : 0;
  }
}

}  // namespace residual_knn
