// Random numbers that are the same on every machine: mt19937_64 with distributions of Boost.
// (The distributions of the standard library differ between implementations.)
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace residual_knn::bench {

class RandomNumbers {
 public:
  explicit RandomNumbers(uint64_t seed) : engine_(seed) {}

  // One draw from [0, 1).
  double Uniform();
  // One draw from the standard normal distribution.
  double Normal();
  // `count` distinct numbers of 0, ..., n - 1 in random order; needs 0 <= count <= n.
  std::vector<int64_t> DistinctRows(int64_t n, int64_t count);

 private:
  std::mt19937_64 engine_;
};

}  // namespace residual_knn::bench
