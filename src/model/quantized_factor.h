// V as 16-bit integers, for screening inside a margin that is known, not assumed.
//
// With V_i = Q_i + D_i, Q_i = step q_i and q_i integers,
//
//     |V_i . V_j - Q_i . Q_j| = |V_i . D_j + D_i . Q_j| <= |V_i| |D_j| + |D_i| (|V_j| + |D_j|),
//
// and |D| is computed for every row. Sums of products of q are exact: by Cauchy-Schwarz no partial sum leaves
// the range of int32_t while |q_i| <= 46340 = floor(sqrt(2^31 - 1)).
//
// The covariance is evaluated in single precision from rounded coordinates. Correlations change by at most r for
// a change r of the distance (exp(-r) does; the other families less), coordinates of magnitude x and their
// differences round by 4 x 2^-24 together, and the evaluation rounds by at most (d + 24) 2^-24.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "model/residual_model.h"

namespace residual_knn {

class QuantizedFactor {
 public:
  QuantizedFactor(const ResidualModel& model, int threads, Monitor& monitor);

  // False where the margin would eat the gain, or single precision does not reach; nothing else is then set.
  [[nodiscard]] static bool Fits(const ResidualModel& model);

  [[nodiscard]] int64_t pairs() const { return pairs_; }
  [[nodiscard]] int64_t groups() const { return groups_; }
  [[nodiscard]] const int32_t* group(int64_t g) const { return packed_.data() + g * 16 * pairs_; }
  // Of products: step^2.
  [[nodiscard]] double unit() const { return step_ * step_; }
  [[nodiscard]] const float* coordinates() const { return coordinates_.data(); }
  [[nodiscard]] int64_t stride() const { return stride_; }
  // NaN for exceptional rows.
  [[nodiscard]] const float* scales() const { return scales_.data(); }
  // Rows with so small a p that the margin would let them always pass; ascending.
  [[nodiscard]] std::span<const int64_t> exceptional() const { return exceptional_; }

  // Quantizes a query with 1 / sqrt(p), |V| and scaled coordinates; words has pairs() values. False if it is
  // not fit for this. `error` bounds the difference between R as screened and its canonical value.
  bool Quantize(const ResidualModel& model, const double* v, double norm, double inverse_deviation,
                std::span<const double> point, int32_t* words, double& error) const;

  [[nodiscard]] int64_t bytes() const;

 private:
  double QuantizeRow(const double* v, int64_t m, int32_t* words, int64_t word_stride) const;

  double step_ = 1;
  int64_t pairs_ = 0;
  int64_t groups_ = 0;
  int64_t stride_ = 0;
  double largest_rest_ = 0;  // |D|
  double largest_coordinate_ = 0;
  std::vector<int32_t, AlignedAllocator<int32_t>> packed_;
  AlignedFloats coordinates_;
  AlignedFloats scales_;
  std::vector<int64_t> exceptional_;
};

}  // namespace residual_knn
