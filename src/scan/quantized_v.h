// V as integers of 8 or 16 bits, for screening inside a margin that is known, not assumed.
//
// Rows are rotated (products stay), so that their entries are alike in magnitude. With V_i = Q_i + D_i,
// Q_i = step_i q_i and q_i integers,
//
//     |V_i . V_j - Q_i . Q_j| = |V_i . D_j + D_i . Q_j| <= |V_i| |D_j| + |D_i| (|V_j| + |D_j|),
//
// and |D| is computed for every row: about 0.007 |V| for 8 bits, 3e-5 |V| for 16. Sums of products of q are
// exact: of 16 bits because |q_i| <= 46340 = floor(sqrt(2^31 - 1)) and by Cauchy-Schwarz no partial sum leaves the
// range of int32_t; of 8 bits because m is limited.
//
// The covariance is evaluated in single precision from rounded coordinates. Correlations change by at most r for
// a change r of the distance (exp(-r) does; the other families less), coordinates of magnitude x and their
// differences round by 4 x 2^-24 together, and the evaluation rounds by at most (d + 24) 2^-24. That is a bound for
// every pair. For points that are far from each other it is much more than their covariance K itself, which is all that
// is left where V is small as well. There a second bound is better: log K changes by at most s r, with s the largest
// slope of the family while K is above exp(-87), and an exponent of up to 88 rounds by 88 (d + 8) 2^-24.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "model/residual_model.h"

namespace residual_knn {

enum class ElementBits { k8, k16 };

// Whether the margins leave something to gain.
struct QuantizedFit {
  QuantizedFit() = default;  // nothing suits
  QuantizedFit(const ResidualModel& model, Monitor& monitor);

  [[nodiscard]] bool Suits(ElementBits bits) const {
    return bits == ElementBits::k8 ? bits8 : bits16;
  }

  bool bits8 = false;  // and the processor multiplies them faster than those of 16
  bool bits16 = false;
  // Whether so many rows do not suit 8 bits as queries that 16 will be needed as well.
  bool leaves_to_16 = false;
  // Median of |V| / sqrt(p).
  double median_ratio = 0;
};

// A query as integers, and what its products are worth.
struct QueryIntegers {
  float step = 0;
  int32_t offset = 0;  // of products of 8 bits
  // The product with row j, in single precision, is off by at most norm rests()[j] + rest norm_bounds()[j].
  float norm = 0;
  float rest = 0;
  // A covariance that is computed as K is off by at most the smaller of covariance_error and
  // covariance_rate K + covariance_floor.
  float covariance_error = 0;
  float covariance_rate = 0;
  float covariance_floor = 0;
  // The same for products of 16 bits in double precision; see ProductErrorWith.
  double step16 = 0;
  double rest16 = 0;
};

class QuantizedV {
 public:
  QuantizedV(const ResidualModel& model, const QuantizedFit& fit, ElementBits bits, int threads,
             Monitor& monitor);

  [[nodiscard]] ElementBits bits() const { return bits_; }
  // Words of 32 bits in a row.
  [[nodiscard]] int64_t words() const { return words_; }
  [[nodiscard]] const int32_t* group(int64_t g) const;
  // What a product of row j with a query is to be multiplied by, times the step of the query.
  [[nodiscard]] const float* steps() const { return steps_.data(); }
  [[nodiscard]] const float* rests() const { return rests_.data(); }              // |D|
  [[nodiscard]] const float* norm_bounds() const { return norm_bounds_.data(); }  // |V| + |D|
  [[nodiscard]] const float* coordinates() const { return coordinates_.data(); }
  [[nodiscard]] int64_t stride() const { return stride_; }
  // 1 / sqrt(p), NaN for rows outside the integers.
  [[nodiscard]] const float* inverse_deviations() const { return inverse_deviations_.data(); }
  // Rows with so small a p that the margin would let them always pass, and those too far from the origin for
  // single precision; ascending.
  [[nodiscard]] std::span<const int64_t> outside_integers() const { return outside_integers_; }

  // Bound on the error of R with row j, from the product of 16 bits, the query's step16 and steps16()[j], and the
  // covariance in double precision: against the canonical score, whose product rounds as well.
  [[nodiscard]] double ProductErrorWith(const QueryIntegers& query, int64_t j) const {
    return static_cast<double>(query.norm) * static_cast<double>(rests16()[j]) +
           query.rest16 * static_cast<double>(norm_bounds_[j]);
  }

  // With words of 8 bits: the rows once more with 16 bits, each stride16() values.
  [[nodiscard]] const int16_t* rows16() const { return rows16_.data(); }
  [[nodiscard]] int64_t stride16() const { return stride16_; }
  // Of the rows of 16 bits, whichever they are.
  [[nodiscard]] const float* steps16() const {
    return bits_ == ElementBits::k8 ? steps16_.data() : steps_.data();
  }
  [[nodiscard]] const float* rests16() const {
    return bits_ == ElementBits::k8 ? rests16_.data() : rests_.data();
  }

  // Quantizes a query with V (m values), 1 / sqrt(p), |V| and scaled coordinates; `words` has words() values,
  // `v16` stride16(), scratch 2 m. False if the margins would let it keep too many candidates.
  bool Quantize(const ResidualModel& model, const double* v, double norm, double inverse_deviation,
                std::span<const double> point, double* scratch, int32_t* words, int16_t* v16,
                QueryIntegers& row) const;

  [[nodiscard]] int64_t bytes() const;

 private:
  void SetCovarianceError(const ResidualModel& model, std::span<const double> point,
                          QueryIntegers& query) const;
  void SetRow(const ResidualModel& model, int64_t row, double* scratch);

  ElementBits bits_;
  double median_ratio_ = 0;
  int64_t words_ = 0;
  int64_t groups_ = 0;
  int64_t stride_ = 0;
  int64_t stride16_ = 0;
  double largest_coordinate_ = 0;
  AlignedVectorOf<int32_t> packed_;
  AlignedVectorOf<int16_t> rows16_;
  AlignedFloats steps_;
  AlignedFloats rests_;
  AlignedFloats norm_bounds_;
  AlignedFloats steps16_;
  AlignedFloats rests16_;
  AlignedFloats coordinates_;
  AlignedFloats inverse_deviations_;
  std::vector<int64_t> outside_integers_;
};

}  // namespace residual_knn
