// What rounding adds to the bounds, and for which points it is too much.
//
// The bounds of pivot_blocks.h want a matrix over the pivots P of one or two blocks, a query i and a candidate
// j that is positive semi-definite. What is at hand is not quite: R falls short by the model's
// SemidefiniteDeficit, and computed products add errors. Both are paid for by adding to the diagonal, so that
// the matrix becomes that of features phi with <phi_a, phi_b> the correlations at hand for a != b and
// |phi_a|^2 slightly above 1:
//
//   deficit   With weights t = 4 rank on the pivots of either block and t = 4 on i and j, the sum of 1 / t is
//             at most 1: pivot a needs 4 rank delta_a, i needs 4 delta_i, where delta_a = deficit_a / p_a.
//   products  If rho(P, i) is off by eta, y' E y = 2 y_i eta . y_P >= -q |y_P|^2 - (|eta|^2 / q) y_i^2: every
//             pivot needs q and i needs |eta|^2 / q. The same for j. |eta| <= error / sqrt(p_i) sqrt(S), with S
//             the sum of 1 / p over the pivots. Between two sets of pivots the norm of the errors is at most
//             error sqrt(S S'), which both sets need. Between the pivots of one block, y' E y is at least
//             -error (sum |y_a| / sqrt(p_a))^2 >= -rank error sum y_a^2 / p_a: pivot a needs rank error / p_a.
//
// Pivot a is given its deficit part, its part for products within its block, and a ridge q_a, a quarter of which goes to
// each of: queries, the points of its own block, the other block of a couple, and the factorization, whose backward error
// is at most rank gamma_(rank + 1) (Higham 2002, theorem 10.3). Of products, i then needs error^2 / p_i times the block's
// `inflation`, the sum of 4 / (p_a q_a). A pivot with a small p gets a larger ridge, so that it cannot spoil the others;
// it then explains less, of itself too.
#pragma once

#include <algorithm>
#include <cstdint>

#include "model/product_error.h"
#include "model/residual_model.h"

namespace residual_knn {

class Margins {
 public:
  static constexpr int64_t kMaxRank = 256;
  // A deficit beyond which no bound says anything, and none is asked.
  static constexpr double kNoBound = 1e6;

  explicit Margins(const ResidualModel& model)
      : deficit_(model.deficit()),
        norm_(model.largest_norm()),
        covariance_error_(model.covariance_error()),
        double_error_(ProductError(model.m())),
        single_error_(FitsSinglePrecision(norm_) ? SingleProductError(model.m()) : 1e300) {}

  // 4 delta of a point with this 1 / sqrt(p) and |V|.
  [[nodiscard]] double Deficit(double inverse_deviation, double norm) const {
    const double excess = norm > norm_ ? norm / norm_ : 1;
    const double deficit =
        4 * (deficit_.absolute * excess * excess * inverse_deviation * inverse_deviation +
             deficit_.share * (1 + norm * norm * inverse_deviation * inverse_deviation));
    // NaN too: 0 times Inf, where V of the index is 0 and that of a query is not.
    return deficit < kNoBound ? deficit : kNoBound;
  }
  // The same for any row of the index.
  [[nodiscard]] double Deficit(double inverse_deviation) const {
    return Deficit(inverse_deviation, norm_);
  }
  // What a pivot needs for the deficit and for its products with the other pivots of its block, for each of them.
  [[nodiscard]] double PivotDeficit(double inverse_deviation) const {
    return Deficit(inverse_deviation) + LargestError(false) * inverse_deviation * inverse_deviation;
  }
  // Error of R computed from products in double or single precision, for a point with this |V|.
  [[nodiscard]] double Error(bool single, double norm) const {
    return (double_error_ + (single ? single_error_ : 0)) * norm * norm_ + covariance_error_;
  }
  [[nodiscard]] double LargestError(bool single) const { return Error(single, norm_); }

  // A point that does not fit would make the bounds of its block useless.
  [[nodiscard]] bool Fits(double inverse_deviation) const {
    return static_cast<double>(kMaxRank) * Deficit(inverse_deviation) < 0.05;
  }
  // A query that does not fit meets the tree in double precision, as do blocks with many such points.
  [[nodiscard]] bool FitsSingle(double inverse_deviation) const {
    return LargestError(true) * inverse_deviation * inverse_deviation < kLargestSingleError;
  }
  // A point for which single precision says nothing at all.
  [[nodiscard]] bool LostToSingle(double inverse_deviation) const {
    return LargestError(true) * inverse_deviation * inverse_deviation > 50 * kLargestSingleError;
  }
  // Ridge of a block whose pivots have large p; any couple of blocks has at least this.
  [[nodiscard]] static double Ridge(bool single, bool coarse) {
    if (!single) return coarse ? 1e-3 : 1e-4;
    return coarse ? 0.02 : 0.002;
  }
  [[nodiscard]] double PivotRidge(bool single, bool coarse, double inverse_deviation) const {
    const double excess =
        LargestError(single) * inverse_deviation * inverse_deviation / kLargestSingleError;
    return Ridge(single, coarse) * std::max(1.0, excess);
  }

 private:
  static constexpr double kLargestSingleError = 0.02;

  SemidefiniteDeficit deficit_;
  double norm_;
  double covariance_error_;
  double double_error_;
  double single_error_;
};

}  // namespace residual_knn
