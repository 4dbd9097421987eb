// V and p that have given residual correlations, at any level of p / K.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "support/quad.h"
#include "support/random_data.h"

namespace residual_knn_test {

// The first points are so close to each other that K is 1 for all pairs: V_i = (b, sqrt(p_i) h_i) with |b| = 1 and
// h_i . h_j = -(the wanted correlation). So R_ij = 1 - V_i . V_j is sqrt(p_i p_j) times the wanted correlation but for
// the last digits of Quad, while a product in double precision is off by some units in the last place of K.
// The other points are far from all: K is 0, V_i = (0, sqrt(p_i) h_i), and products are next to exact.
struct GivenResiduals {
  Points points;
  std::vector<double> factor;
  std::vector<double> p;
  int64_t m = 0;
};

// Row i of a lower Cholesky factor of a positive definite matrix, row after row.
inline std::vector<double> CholeskyOf(std::vector<double> a, int64_t n) {
  for (int64_t j = 0; j < n; ++j) {
    for (int64_t i = j; i < n; ++i) {
      double sum = a[i * n + j];
      for (int64_t c = 0; c < j; ++c) sum -= a[i * n + c] * a[j * n + c];
      a[i * n + j] = i == j ? std::sqrt(sum) : sum / a[j * n + j];
    }
    for (int64_t c = j + 1; c < n; ++c) a[j * n + c] = 0;
  }
  return a;
}

// `correlations` is symmetric, p.size() squared; its diagonal does not count. `base` entries of V are random ones of b.
inline GivenResiduals WithCorrelations(Random& random, const std::vector<double>& correlations,
                                       std::vector<double> p, int64_t num_close, int64_t base) {
  const auto n = static_cast<int64_t>(p.size());
  // Diagonally dominant.
  std::vector<double> gram(static_cast<size_t>(n * n));
  double largest = 0;
  for (int64_t i = 0; i < n; ++i) {
    double sum = 0;
    for (int64_t j = 0; j < n; ++j) {
      if (i == j) continue;
      gram[i * n + j] = -correlations[i * n + j];
      sum += std::abs(correlations[i * n + j]);
    }
    largest = std::max(largest, sum);
  }
  for (int64_t i = 0; i < n; ++i) gram[i * n + i] = largest + 0.01;
  const std::vector<double> h = CholeskyOf(std::move(gram), n);
  std::vector<double> b(static_cast<size_t>(base + 1));
  Quad square = 0;
  for (int64_t e = 0; e < base; ++e) {
    b[e] = random.Normal();
    square += static_cast<Quad>(b[e]) * b[e];
  }
  const auto scale = static_cast<double>(Sqrt((1 - 1e-9) / square));
  square = 0;
  for (int64_t e = 0; e < base; ++e) {
    b[e] *= scale;
    square += static_cast<Quad>(b[e]) * b[e];
  }
  b[base] = static_cast<double>(Sqrt(1 - square));
  GivenResiduals given;
  given.m = base + 1 + n;
  given.points = {n, 1, {}};
  for (int64_t i = 0; i < n; ++i) {
    // Of close points 1 - K is below 1e-20: nothing against p.
    const bool close = i < num_close;
    given.points.values.push_back((close ? 1e-12 : 200) * static_cast<double>(i));
    for (const double x : b) given.factor.push_back(close ? x : 0);
    for (int64_t e = 0; e < n; ++e) given.factor.push_back(std::sqrt(p[i]) * h[i * n + e]);
  }
  given.p = std::move(p);
  return given;
}

// Unit vectors at random, row after row.
inline std::vector<double> RandomDirections(Random& random, int64_t n, int64_t dimensions) {
  std::vector<double> directions(static_cast<size_t>(n * dimensions));
  for (int64_t i = 0; i < n; ++i) {
    double square = 0;
    double* x = directions.data() + i * dimensions;
    for (int64_t c = 0; c < dimensions; ++c) {
      x[c] = random.Normal();
      square += x[c] * x[c];
    }
    for (int64_t c = 0; c < dimensions; ++c) x[c] /= std::sqrt(square);
  }
  return directions;
}

// Products of all rows with all rows.
inline std::vector<double> GramOf(const std::vector<double>& rows, int64_t n) {
  const auto dimensions = static_cast<int64_t>(rows.size()) / n;
  std::vector<double> gram(static_cast<size_t>(n * n));
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      for (int64_t c = 0; c < dimensions; ++c) {
        gram[i * n + j] += rows[i * dimensions + c] * rows[j * dimensions + c];
      }
    }
  }
  return gram;
}

}  // namespace residual_knn_test
