// The one definition of the distance of correlations, and of the order of neighbors.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace residual_knn {

enum class Ranking { kAbsolute, kSigned, kScaledDistance };

// sqrt(1 - |rho|) or sqrt(1 - rho); rho may exceed 1 in magnitude by rounding.
inline double DistanceOf(double rho, Ranking ranking) {
  const double similarity = ranking == Ranking::kAbsolute ? std::abs(rho) : std::max(rho, -1.0);
  return std::sqrt(1 - std::min(similarity, 1.0));
}

struct Neighbor {
  double distance;
  int64_t row;
};

// Nearer first, ties to the smaller row.
inline bool operator<(const Neighbor& a, const Neighbor& b) {
  return a.distance != b.distance ? a.distance < b.distance : a.row < b.row;
}

}  // namespace residual_knn
