// Seeded random points in shapes that have revealed faults in nearest-neighbor code.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "support/reference_search.h"

namespace residual_knn_test {

// A seeded random generator whose draws do not depend on the distributions of the standard library.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  // Uniform in [0, 1).
  double Uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  double Normal();
  // Uniform in [low, high].
  int64_t Integer(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(engine_() % static_cast<uint64_t>(high - low + 1));
  }
  // An integer, uniform in the logarithm, so that small values are more frequent.
  int64_t LogInteger(int64_t low, int64_t high);
  bool Chance(double probability) { return Uniform() < probability; }

 private:
  std::mt19937_64 engine_;
};

enum class Shape {
  kUniform,     // in the unit cube
  kNormal,      // standard normal
  kClustered,   // a few tight clusters
  kDuplicates,  // few distinct points, each many times
  kGrid,        // small integers: many equal distances
  kFar,         // so far apart that covariances underflow
};
constexpr int kNumShapes = 6;

const char* ShapeName(Shape shape);

Points RandomPoints(Random& random, Shape shape, int64_t n, int64_t d);

// `count` rows of `points`, distinct if there are enough.
Points RandomRowsOf(Random& random, const Points& points, int64_t count);

// `count` row numbers below n, with repeats.
std::vector<int64_t> RandomRowNumbers(Random& random, int64_t n, int64_t count);

// Random numbers 0 .. n - 1 in random order.
std::vector<int64_t> RandomPermutation(Random& random, int64_t n);

// Lengthscales for which points of this shape are neither uncorrelated nor nearly identical: one, or d.
std::vector<double> RandomLengthscales(Random& random, int64_t d, bool one_for_each);

}  // namespace residual_knn_test
