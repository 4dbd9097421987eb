#include "random_numbers.h"

#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <numeric>
#include <utility>

namespace residual_knn::bench {

double RandomNumbers::Uniform() { return boost::random::uniform_01<double>()(engine_); }

double RandomNumbers::Normal() { return boost::random::normal_distribution<double>()(engine_); }

std::vector<int64_t> RandomNumbers::DistinctRows(int64_t n, int64_t count) {
  std::vector<int64_t> rows(static_cast<size_t>(n));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  for (int64_t i = 0; i < count; ++i) {
    std::swap(rows[i], rows[boost::random::uniform_int_distribution<int64_t>(i, n - 1)(engine_)]);
  }
  rows.resize(static_cast<size_t>(count));
  rows.shrink_to_fit();
  return rows;
}

}  // namespace residual_knn::bench
