// The Matern correlation of any smoothness nu in (0, 50], as a table of polynomials in the squared
// scaled distance r2:
//
//     K(r2) = 2^(1 - nu) / Gamma(nu) a^nu K_nu(a),  a = sqrt(2 nu r2)   (Rasmussen and Williams 4.14)
//
// Each octave of r2 is split evenly into intervals. Their number is a power of two, small where K is smooth and large
// where K falls steeply. Each interval has a polynomial of degree 7. The octaves reach from where K rounds to 1 (down
// to the smallest subnormal number for a small nu, where 1 - K grows like r2^nu) to where K is below 1e-300. The
// table gives 1 before them and 0 after them.
//
// Errors, measured against Boost.Math in long double: at most 3e-16, and, relative to K, at most
// 3e-14 while K > 1e-300.
#pragma once

#include <cstdint>
#include <vector>

#include "base/aligned_vector.h"
#include "simd/matern_table_view.h"

namespace residual_knn {

class MaternTable {
 public:
  // nu must be positive and at most 50. Takes some 10 ms, or 70 ms where nu is below 0.1.
  explicit MaternTable(double nu);

  // K(r2) for r2 >= 0, Inf included. Differs from MaternFromTable in simd/matern_table-inl.h only by that function's
  // fused multiply-adds.
  double operator()(double r2) const;

  // Valid as long as this object.
  [[nodiscard]] MaternTableView view() const;

  [[nodiscard]] int64_t bytes() const;

 private:
  [[nodiscard]] int64_t NumIntervals() const;

  // The coefficients of an interval fill a cache line.
  AlignedVector coefficients_;
  std::vector<int64_t> octaves_;
  int64_t first_octave_ = 0;
  double lowest_ = 0;
  double highest_ = 0;
};

}  // namespace residual_knn
