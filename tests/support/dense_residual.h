// Dense algebra of residual covariances in quadruple precision.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "support/api_objects.h"
#include "support/quad.h"
#include "support/reference_search.h"

namespace residual_knn_test {

// Residual covariances and correlations of some rows in quadruple precision, for V and p as they are.
class DenseReference {
 public:
  DenseReference(const Model& model, const FactorCopy& factor) : model_(model), factor_(factor) {}

  [[nodiscard]] bool Degenerate(int64_t i) const {
    const double square = SquareOf(i);
    return factor_.p[i] <=
               8.0 * static_cast<double>(factor_.m + 8) * 0x1p-53 * (factor_.p[i] + square) ||
           factor_.p[i] < 1e-280;
  }
  [[nodiscard]] Quad R(int64_t i, int64_t j) const {
    if (i == j) return p(i);
    Quad r = Covariance<Quad>(model_.kernel, model_.points, i, model_.points, j);
    for (int64_t e = 0; e < factor_.m; ++e) {
      r -= static_cast<Quad>(factor_.v[i * factor_.m + e]) * factor_.v[j * factor_.m + e];
    }
    return r;
  }
  [[nodiscard]] Quad Rho(int64_t i, int64_t j) const {
    if (i == j) return 1;
    if (Degenerate(i) || Degenerate(j)) return 0;
    return R(i, j) / (Sqrt(factor_.p[i]) * Sqrt(factor_.p[j]));
  }
  // By what R in double precision may be off, for these two rows.
  [[nodiscard]] double ErrorOfR(int64_t i, int64_t j) const {
    // Scaled coordinates are rounded, by more if they are large. A correlation changes by at most what a distance does.
    const double moved = 0x1p-51 * (Magnitude(i) + Magnitude(j));
    return (RoundingFactor() + moved) * model_.kernel.variance +
           RoundingFactor() * std::sqrt(SquareOf(i)) * std::sqrt(SquareOf(j));
  }
  // By what a correlation in double precision may be off, for any two of the rows.
  [[nodiscard]] double Error(std::vector<int64_t> rows, int64_t query) const {
    rows.push_back(query);
    double largest = 0;
    for (const int64_t i : rows) {
      if (Degenerate(i)) continue;
      largest = std::max(largest, (model_.kernel.variance + SquareOf(i)) / factor_.p[i]);
    }
    return RoundingFactor() * largest;
  }
  [[nodiscard]] double p(int64_t i) const { return factor_.p[i]; }

 private:
  // Coordinates are rounded when they are scaled, and so is the kernel.
  [[nodiscard]] double RoundingFactor() const {
    return (static_cast<double>(factor_.m + 40) + 64) * 0x1p-53;
  }
  // The sum of the scaled coordinates without signs.
  [[nodiscard]] double Magnitude(int64_t i) const {
    const std::vector<double>& lengthscales = model_.kernel.lengthscales;
    double sum = 0;
    for (int64_t c = 0; c < model_.points.d; ++c) {
      sum += std::abs(model_.points(i, c)) / lengthscales[lengthscales.size() == 1 ? 0 : c];
    }
    return sum;
  }
  [[nodiscard]] double SquareOf(int64_t i) const {
    double square = 0;
    for (int64_t e = 0; e < factor_.m; ++e) {
      square += factor_.v[i * factor_.m + e] * factor_.v[i * factor_.m + e];
    }
    return square;
  }

  const Model& model_;
  const FactorCopy& factor_;
};

// The lower Cholesky factor of a k x k matrix with the elements entry(i, j); empty if it is not positive definite.
template <class Entry>
std::vector<Quad> CholeskyFactor(int64_t k, const Entry& entry) {
  std::vector<Quad> l(static_cast<size_t>(k * k));
  for (int64_t i = 0; i < k; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      Quad sum = entry(i, j);
      for (int64_t e = 0; e < j; ++e) sum -= l[i * k + e] * l[j * k + e];
      if (i == j && !(sum > 1e-30)) return {};
      l[i * k + j] = i == j ? Sqrt(sum) : sum / l[j * k + j];
    }
  }
  return l;
}

}  // namespace residual_knn_test
