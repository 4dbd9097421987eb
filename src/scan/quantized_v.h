// V as integers of 8 or 16 bits, for screening with a proved margin.
//
// Rows are rotated, which keeps their products and makes their entries similar in magnitude. With V_i = Q_i + D_i,
// Q_i = step_i q_i and q_i integers,
//
//     |V_i . V_j - Q_i . Q_j| = |V_i . D_j + D_i . Q_j| <= |V_i| |D_j| + |D_i| (|V_j| + |D_j|),
//
// and |D| is computed for every row: about 0.007 |V| for 8 bits, 3e-5 |V| for 16. Sums of products of q are exact. With
// 16 bits, |q_i| <= 46340 = floor(sqrt(2^31 - 1)), and by Cauchy-Schwarz no partial sum leaves the range of int32_t.
// With 8 bits, m is limited.
//
// The covariance is evaluated in single precision from rounded coordinates. A change r of the distance changes a
// correlation by at most r (exp(-r) does; the other families change less). Coordinates of magnitude x and their
// differences round by 2^-22 x together, or half of that if the difference is small. The evaluation rounds by at most
// (d + 24) 2^-24. This bounds the error of every pair. For points that are far from each other, the bound is much more
// than their covariance K, and R is not much more than K if V is small as well. For these a second bound is better:
// log K changes by at most s r, with s the largest slope of the family while K is above exp(-87), and an exponent of
// up to 88 rounds by 88 (d + 8) 2^-24.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "model/factor_rows.h"
#include "model/residual_model.h"
#include "model/row_group.h"
#include "storage/stored_array.h"

namespace residual_knn {

class IndexReader;
class IndexWriter;

enum class ElementBits { k8, k16 };

// Which integers have margins small enough for a useful screen.
struct QuantizedFit {
  QuantizedFit() = default;  // no integers suit
  QuantizedFit(const ResidualModel& model, Monitor& monitor);

  [[nodiscard]] bool Suits(ElementBits bits) const {
    return bits == ElementBits::k8 ? bits8 : bits16;
  }

  bool bits8 = false;  // also: the processor multiplies 8 bits faster than 16 bits
  bool bits16 = false;
  // True if 8 bits do not suit many of the rows as queries, so that 16 bits will be needed as well.
  bool leaves_to_16 = false;
  // Median of |V| / sqrt(p).
  double median_ratio = 0;
};

// A query in integers, with the errors of its products and covariances.
struct QueryIntegers {
  // The caller's memory for V in integers: words() values for products, and, if bits() is k8, stride16() values of 16
  // bits.
  int32_t* words = nullptr;
  int16_t* v16 = nullptr;
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

  void Save(const IndexWriter& writer, const ResidualModel& model) const;
  QuantizedV(const IndexReader& reader, const ResidualModel& model, ElementBits bits);

  [[nodiscard]] ElementBits bits() const { return bits_; }
  // Words of 32 bits in a row.
  [[nodiscard]] int64_t words() const { return words_; }
  [[nodiscard]] const int32_t* group(int64_t g) const;
  // A product of row j with a query is multiplied by steps()[j] and by the step of the query.
  [[nodiscard]] const float* steps() const { return steps_.data(); }
  [[nodiscard]] const float* rests() const { return rests_.data(); }              // |D|
  [[nodiscard]] const float* norm_bounds() const { return norm_bounds_.data(); }  // |V| + |D|
  [[nodiscard]] const float* coordinates() const { return coordinates_.data(); }
  [[nodiscard]] int64_t stride() const { return stride_; }
  // 1 / sqrt(p), NaN for rows outside the integers.
  [[nodiscard]] const float* inverse_deviations() const { return inverse_deviations_.data(); }
  // Rows whose p is so small that they would always pass within the margin, and rows that are too far from the origin
  // for single precision. Ascending.
  [[nodiscard]] std::span<const int64_t> outside_integers() const { return outside_integers_; }

  // R with row j is computed from the product of 16 bits, the query's step16, steps16()[j], and the covariance in
  // double precision. This bounds its difference from R of the canonical score, whose product is rounded as well.
  [[nodiscard]] double ProductErrorWith(const QueryIntegers& query, int64_t j) const {
    return static_cast<double>(query.norm) * static_cast<double>(rests16()[j]) +
           query.rest16 * static_cast<double>(norm_bounds_[j]);
  }

  // Only if bits() is k8: the same rows in integers of 16 bits, stride16() values each.
  [[nodiscard]] const int16_t* rows16() const { return rows16_.data(); }
  [[nodiscard]] int64_t stride16() const { return stride16_; }
  // Steps and rests of the rows of 16 bits, for either value of bits().
  [[nodiscard]] const float* steps16() const {
    return bits_ == ElementBits::k8 ? steps16_.data() : steps_.data();
  }
  [[nodiscard]] const float* rests16() const {
    return bits_ == ElementBits::k8 ? rests16_.data() : rests_.data();
  }

  // Quantizes a query with |V| = norm. `scratch` has 2 m values. Returns false if the margins of the query would keep
  // too many candidates.
  bool Quantize(const ResidualModel& model, const PointView& query, double norm, double* scratch,
                QueryIntegers& integers) const;

  [[nodiscard]] int64_t bytes() const;
  // About the bytes of the integers of a model.
  static double BytesFor(const ResidualModel& model, ElementBits bits);

 private:
  template <class Self, class Archive>
  static void NameMembers(Self& self, const ResidualModel& model, const Archive& archive);
  // Sets the sizes that follow from the model.
  QuantizedV(const ResidualModel& model, ElementBits bits);

  void SetCovarianceError(const ResidualModel& model, std::span<const double> point,
                          QueryIntegers& query) const;
  // `v`: V of the row.
  void SetRow(const ResidualModel& model, int64_t row, const double* v, double* scratch);

  ElementBits bits_;
  double median_ratio_ = 0;
  int64_t words_ = 0;
  int64_t groups_ = 0;
  int64_t stride_ = 0;
  int64_t stride16_ = 0;
  double largest_coordinate_ = 0;
  StoredArray<int32_t> packed_;
  StoredArray<int16_t> rows16_;
  StoredFloats steps_;
  StoredFloats rests_;
  StoredFloats norm_bounds_;
  StoredFloats steps16_;
  StoredFloats rests16_;
  StoredFloats coordinates_;
  StoredFloats inverse_deviations_;
  std::vector<int64_t> outside_integers_;
};

}  // namespace residual_knn
