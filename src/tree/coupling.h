// Bounds on the correlations between the points of one block and all other blocks of its level, from the pivots of
// both.
//
// A point i of block H has coefficients v_i = L_H^-T w_i. Its feature vector is phi_i = sum_a v_ia phi_a, with a over
// the pivots of H, plus a rest of length sqrt(e_i). The length of its part in the span of the pivots of block C is
// therefore at most
//
//     |z_i| <= |L_C^-1 rho(P_C, P_H) v_i| + sqrt(e_i),
//
// which bounds i against all of C without a product between i and any pivot of C.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "base/aligned_vector.h"
#include "model/residual_model.h"
#include "parallel/pace.h"
#include "tree/margins.h"
#include "tree/pivot_blocks.h"

namespace residual_knn {

// Bound on the error of |L_C^-1 rho(P_C, P_H) v_i| in single precision, relative to the Frobenius norm of the matrix
// times |v_i|. Coefficients, images and their products are rounded; the products are sums of `rank` terms.
inline double CoupledRounding(int64_t rank) { return 2 * static_cast<double>(rank + 8) * 0x1p-24; }

// The bound on |z_i|^2 from the square of the computed image, the rest sqrt(e_i), and the rounding. A bound of 4 or
// more dismisses nothing, so that 4 is the largest result. A matrix that rounding has made useless has an infinite
// norm. It gives no bound, even for coefficients of 0.
inline double CoupledSquare(double image_square, double rest, double rounding, double norm,
                            double coefficient_norm) {
  constexpr double kNothing = 4;
  if (std::isinf(norm)) return kNothing;
  const double length = std::sqrt(image_square) + rest + rounding * norm * coefficient_norm;
  return std::min(length * length, kNothing);
}

// Points of one block that are bounded together.
class CoupledGroup {
 public:
  CoupledGroup() = default;
  CoupledGroup(std::span<const double> rests, std::span<const double> coefficient_norms)
      : rest_(LargestOf(rests)), coefficient_norm_(LargestOf(coefficient_norms)) {}

  // The bound on |z_i| for all of them: an image is no longer than the Frobenius norm of the matrix times |v_i|.
  [[nodiscard]] double Length(double norm, double rounding) const {
    if (std::isinf(norm)) return norm;
    return norm * coefficient_norm_ * (1 + rounding) + rest_;
  }

 private:
  static double LargestOf(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0,
                           [](double a, double b) { return std::max(a, b); });
  }

  double rest_ = 0;
  double coefficient_norm_ = 0;
};

struct CouplingScratch {
  AlignedVector products;
  AlignedVector images;
  AlignedVector squares;
  std::vector<double> coordinates;
  std::vector<double> inverse_deviations;
  std::vector<double> covariances;
  int64_t pairs = 0;  // pairs of pivots whose correlations have been computed so far
};

class Coupling {
 public:
  // Couples block `home` with all blocks. Reports its work to `pace`.
  void Compute(const ResidualModel& model, const Margins& margins, const PivotBlocks& blocks,
               int64_t home, CouplingScratch& scratch, Pace& pace);

  // A row of rank(home) values for each pivot of all blocks. The rows of block C are L_C^-1 rho(P_C, P_H).
  [[nodiscard]] const float* images() const { return images_.data(); }
  // Frobenius norm of a block's rows; infinite if rounding has made them useless.
  [[nodiscard]] double norm(int64_t block) const { return norms_[block]; }
  [[nodiscard]] int64_t bytes() const {
    return static_cast<int64_t>(images_.size() * sizeof(float) + norms_.size() * sizeof(double));
  }

 private:
  AlignedFloats images_;
  std::vector<double> norms_;
};

}  // namespace residual_knn
