#include "points/k_means_seeding.h"

#include <algorithm>
#include <array>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_01.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <span>

#include "parallel/parallel_for.h"
#include "points/location_set.h"
#include "points/point_blocks.h"
#include "simd/nearest_center.h"

namespace residual_knn {
namespace {

class Seeding {
 public:
  Seeding(const ScaledPoints& points, const DenseMatrixView& originals,
          const KMeansOptions& options, Monitor& monitor)
      : points_(points),
        originals_(originals),
        threads_(WorthwhileThreads(options.threads,
                                   static_cast<double>(points.size() * points.dimensions()))),
        monitor_(monitor),
        engine_(options.seed),
        min_sq_(std::make_unique_for_overwrite<double[]>(static_cast<size_t>(points.size()))),
        block_sums_(static_cast<size_t>(NumPointBlocks(points.size()))),
        center_(static_cast<size_t>(points.dimensions())) {}

  std::vector<int64_t> Run(int64_t m) {
    std::vector<int64_t> rows;
    rows.reserve(static_cast<size_t>(m));
    while (static_cast<int64_t>(rows.size()) < m) {
      monitor_.Look();
      int64_t row = rows.empty() ? DrawFirst() : DrawNext();
      // Different locations can be at distance 0, by underflow or because scaling has rounded them to one place.
      if (row < 0) row = NextLocation(rows, m);
      AddSeed(row, rows.empty());
      rows.push_back(row);
    }
    return rows;
  }

 private:
  int64_t DrawFirst() {
    return boost::random::uniform_int_distribution<int64_t>(0, points_.size() - 1)(engine_);
  }

  // -1 if every point is at distance 0 from a seed.
  int64_t DrawNext() {
    double total = 0;
    for (const double sum : block_sums_) total += sum;
    const double target = boost::random::uniform_01<double>()(engine_) * total;
    double passed = 0;
    int64_t row = -1;
    for (int64_t block = 0; block < NumPointBlocks(points_.size()); ++block) {
      const double sum = block_sums_[block];
      if (!(sum > 0)) continue;
      row = DrawFromBlock(block, target - passed);
      passed += sum;
      if (target < passed) break;
    }
    return row;  // the last possible row, if `target` is not passed because of rounding
  }

  // The first row whose location differs from those of all `rows`; there is one.
  int64_t NextLocation(const std::vector<int64_t>& rows, int64_t m) {
    if (!locations_) {
      locations_.emplace(points_, originals_, m, monitor_);
      for (const int64_t row : rows) locations_->Insert(row);
    }
    while (!locations_->Insert(next_row_)) {
      if (next_row_ % kPointBlock == 0) monitor_.Look();
      ++next_row_;
    }
    return next_row_;
  }

  [[nodiscard]] int64_t DrawFromBlock(int64_t block, double target) const {
    const int64_t begin = block * kPointBlock;
    const int64_t end = std::min(begin + kPointBlock, points_.size());
    double passed = 0;
    int64_t row = -1;
    for (int64_t j = begin; j < end; ++j) {
      if (!(min_sq_[j] > 0)) continue;
      row = j;
      passed += min_sq_[j];
      if (target < passed) break;
    }
    return row;
  }

  void AddSeed(int64_t row, bool first) {
    points_.CopyPoint(row, center_.data());
    ParallelFor(threads_, NumPointBlocks(points_.size()), monitor_, [&](int64_t block, int worker) {
      ThreadMonitor monitor(monitor_, worker);
      const int64_t begin = block * kPointBlock;
      const int64_t count = std::min(kPointBlock, points_.size() - begin);
      double* min_sq = &min_sq_[begin];
      if (first) std::fill_n(min_sq, count, std::numeric_limits<double>::infinity());
      const int64_t step = PointsBetweenLooks(points_.dimensions());
      for (int64_t j = 0; j < count; j += step) {
        if (!monitor.GoOn()) return;
        LowerSquaredDistances(RangeOf(points_, begin + j, std::min(step, count - j)),
                              center_.data(), min_sq + j);
      }
      block_sums_[block] = Sum({min_sq, static_cast<size_t>(count)});
      monitor_.Advance(count);
    });
  }

  // Eight interleaved sums, so that a compiler can keep them in vectors without changing the order.
  static double Sum(std::span<const double> values) {
    std::array<double, 8> sums{};
    for (size_t j = 0; j < values.size(); ++j) sums[j % 8] += values[j];
    double total = 0;
    for (const double sum : sums) total += sum;
    return total;
  }

  const ScaledPoints& points_;
  const DenseMatrixView& originals_;
  const int threads_;
  Monitor& monitor_;
  boost::random::mt19937_64 engine_;
  // Used when squared distances no longer tell locations apart:
  std::optional<LocationSet> locations_;
  int64_t next_row_ = 0;
  std::unique_ptr<double[]> min_sq_;
  std::vector<double> block_sums_;
  std::vector<double> center_;
};

}  // namespace

std::vector<int64_t> DrawSeeds(const ScaledPoints& points, const DenseMatrixView& originals,
                               const KMeansOptions& options, Monitor& monitor) {
  return Seeding(points, originals, options, monitor).Run(options.m);
}

}  // namespace residual_knn
