#include "points/inducing_points.h"

#include <algorithm>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "points/k_means_seeding.h"
#include "points/lloyd.h"
#include "points/location_set.h"
#include "points/point_blocks.h"

namespace residual_knn {
namespace {

// a * b in units of progress; the largest number if the product overflows.
int64_t SaturatedProduct(int64_t a, int64_t b) {
  int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<int64_t>::max() : product;
}

[[noreturn]] void ThrowTooFew(int64_t m, int64_t distinct) {
  ThrowInvalid("m is " + std::to_string(m) + ", but the points have only " +
               std::to_string(distinct) + " distinct locations");
}

void RequireLocations(const ScaledPoints& points, const DenseMatrixView& originals, int64_t m,
                      Monitor& monitor) {
  LocationSet locations(points, originals, std::min(m, points.size()), monitor);
  for (int64_t row = 0; row < points.size() && locations.size() < m; ++row) {
    monitor.Look();
    locations.Insert(row);
  }
  if (locations.size() < m) ThrowTooFew(m, locations.size());
}

}  // namespace

std::vector<int64_t> ChooseRandomRows(const ScaledPoints& points, int64_t m, uint64_t seed,
                                      Monitor& monitor, const DenseMatrixView& originals) {
  const int64_t n = points.size();
  monitor.Start(m);
  const auto rows = std::make_unique_for_overwrite<int64_t[]>(static_cast<size_t>(n));
  for (int64_t row = 0; row < n; ++row) {
    if (row % kPointBlock == 0) monitor.Look();
    rows[row] = row;
  }
  LocationSet locations(points, originals, std::min(m, n), monitor);
  std::vector<int64_t> chosen;
  chosen.reserve(static_cast<size_t>(std::min(m, n)));
  boost::random::mt19937_64 engine(seed);
  // A shuffle of the rows that stops as soon as m locations are chosen.
  for (int64_t dealt = 0; dealt < n && locations.size() < m; ++dealt) {
    monitor.Look();
    boost::random::uniform_int_distribution<int64_t> place(dealt, n - 1);
    std::swap(rows[dealt], rows[place(engine)]);
    if (locations.Insert(rows[dealt])) {
      chosen.push_back(rows[dealt]);
      monitor.Advance(1);
    }
  }
  if (locations.size() < m) ThrowTooFew(m, locations.size());
  return chosen;
}

KMeansResult ChooseKMeans(const ScaledPoints& points, const KMeansOptions& options,
                          Monitor& monitor, const DenseMatrixView& originals) {
  const int64_t iterations =
      std::min(options.max_iterations, std::numeric_limits<int64_t>::max() - 1);
  monitor.Start(SaturatedProduct(SaturatedProduct(points.size(), options.m), 1 + iterations));
  KMeansResult result;
  if (options.m == 0) return result;
  RequireLocations(points, originals, options.m, monitor);
  result.rows = DrawSeeds(points, originals, options, monitor);
  if (options.max_iterations > 0) {
    result.centers = RefineCenters(points, result.rows, options, monitor);
  }
  return result;
}

}  // namespace residual_knn
