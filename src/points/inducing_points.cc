#include "points/inducing_points.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/random/mersenne_twister.hpp>
#include <boost/random/uniform_01.hpp>
#include <boost/random/uniform_int_distribution.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/checked_size.h"
#include "base/error.h"
#include "parallel/parallel_for.h"
#include "points/location_set.h"
#include "simd/nearest_center.h"

namespace residual_knn {
namespace {

// Points are summed in blocks of this size, whatever the number of threads.
constexpr int64_t kBlock = 1024;

// Differences of coordinates between two looks at the monitor: below a millisecond.
constexpr int64_t kWorkBetweenLooks = int64_t{1} << 20;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

int64_t NumBlocks(int64_t n) { return (n + kBlock - 1) / kBlock; }

PointRange RangeOf(const ScaledPoints& points, int64_t begin, int64_t count) {
  return {points.coordinate(0) + begin, points.stride(), points.dimensions(), count};
}

// How many points of a block go between two looks. Multiples of 8 keep SIMD code away from tails.
int64_t PointsBetweenLooks(int64_t dimensions) {
  return std::clamp(kWorkBetweenLooks / dimensions / 8 * 8, int64_t{8}, kBlock);
}

// A thread costs as much as a few hundred thousand differences.
int WorthwhileThreads(int threads, double differences) {
  return differences < static_cast<double>(kWorkBetweenLooks) ? 1 : threads;
}

// a * b as units of progress: too many to count are as good as the largest number.
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
    if (row % kBlock == 0) monitor.Look();
    rows[row] = row;
  }
  LocationSet locations(points, originals, std::min(m, n), monitor);
  std::vector<int64_t> chosen;
  chosen.reserve(static_cast<size_t>(std::min(m, n)));
  boost::random::mt19937_64 engine(seed);
  // A shuffle that stops as soon as it has dealt m locations.
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

namespace {

// k-means++: each next seed is drawn with a probability proportional to its squared distance from
// the nearest seed so far.
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
        block_sums_(static_cast<size_t>(NumBlocks(points.size()))),
        center_(static_cast<size_t>(points.dimensions())) {}

  std::vector<int64_t> Run(int64_t m) {
    std::vector<int64_t> rows;
    rows.reserve(static_cast<size_t>(m));
    while (static_cast<int64_t>(rows.size()) < m) {
      monitor_.Look();
      int64_t row = rows.empty() ? DrawFirst() : DrawNext();
      // Locations that differ can still be at distance 0, by underflow or beside far ones.
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

  // -1 if no point is away from all seeds.
  int64_t DrawNext() {
    double total = 0;
    for (const double sum : block_sums_) total += sum;
    const double target = boost::random::uniform_01<double>()(engine_) * total;
    double passed = 0;
    int64_t row = -1;
    for (int64_t block = 0; block < NumBlocks(points_.size()); ++block) {
      const double sum = block_sums_[block];
      if (!(sum > 0)) continue;
      row = DrawFromBlock(block, target - passed);
      passed += sum;
      if (target < passed) break;
    }
    return row;  // the last possible row if rounding left a rest
  }

  // The first row that is at none of the places of `rows`; there is one.
  int64_t NextLocation(const std::vector<int64_t>& rows, int64_t m) {
    if (!locations_) {
      locations_.emplace(points_, originals_, m, monitor_);
      for (const int64_t row : rows) locations_->Insert(row);
    }
    while (!locations_->Insert(next_row_)) {
      if (next_row_ % kBlock == 0) monitor_.Look();
      ++next_row_;
    }
    return next_row_;
  }

  [[nodiscard]] int64_t DrawFromBlock(int64_t block, double target) const {
    const int64_t begin = block * kBlock;
    const int64_t end = std::min(begin + kBlock, points_.size());
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
    ParallelFor(threads_, NumBlocks(points_.size()), monitor_, [&](int64_t block, int worker) {
      ThreadMonitor monitor(monitor_, worker);
      const int64_t begin = block * kBlock;
      const int64_t count = std::min(kBlock, points_.size() - begin);
      double* min_sq = &min_sq_[begin];
      if (first) std::fill_n(min_sq, count, kInfinity);
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
  // Where squared distances no longer tell places apart:
  std::optional<LocationSet> locations_;
  int64_t next_row_ = 0;
  std::unique_ptr<double[]> min_sq_;
  std::vector<double> block_sums_;
  std::vector<double> center_;
};

// Lloyd's algorithm: assign each point to its nearest center, move each center to the mean of its
// points.
class Lloyd {
 public:
  Lloyd(const ScaledPoints& points, std::span<const int64_t> rows, int threads, Monitor& monitor)
      : points_(points),
        n_(points.size()),
        d_(points.dimensions()),
        m_(static_cast<int64_t>(rows.size())),
        threads_(WorthwhileThreads(
            threads, static_cast<double>(n_) * static_cast<double>(m_) * static_cast<double>(d_))),
        monitor_(monitor),
        min_sq_(std::make_unique_for_overwrite<double[]>(static_cast<size_t>(n_))),
        nearest_(std::make_unique_for_overwrite<int64_t[]>(static_cast<size_t>(n_))),
        cluster_sizes_(static_cast<size_t>(m_)) {
    centers_.reserve(static_cast<size_t>(CheckedSize(m_, d_, "inducing points")));
    for (int64_t q = 0; q < m_; ++q) {
      monitor_.Look();
      centers_.resize(static_cast<size_t>((q + 1) * d_));
      points_.CopyPoint(rows[q], &centers_[q * d_]);
    }
  }

  std::vector<double> Run(int64_t max_iterations) {
    for (int64_t iteration = 0; iteration < max_iterations; ++iteration) {
      // As long as no assignment changes, no cluster becomes empty either.
      if (!Assign(iteration == 0)) break;
      CountClusters();
      FillEmptyClusters();
      MoveCenters();
    }
    return std::move(centers_);
  }

 private:
  // Whether any assignment changed.
  bool Assign(bool first) {
    std::atomic<bool> changed = false;
    ParallelFor(threads_, NumBlocks(n_), monitor_, [&](int64_t block, int worker) {
      ThreadMonitor monitor(monitor_, worker);
      const int64_t begin = block * kBlock;
      const int64_t count = std::min(kBlock, n_ - begin);
      std::array<int64_t, kBlock> nearest{};
      double* min_sq = &min_sq_[begin];
      std::fill_n(min_sq, count, kInfinity);
      const int64_t step = PointsBetweenLooks(d_);
      const int64_t max_centers = std::max(kWorkBetweenLooks / (step * d_), int64_t{1});
      for (int64_t j = 0; j < count; j += step) {
        const PointRange range = RangeOf(points_, begin + j, std::min(step, count - j));
        for (int64_t q = 0; q < m_; q += max_centers) {
          if (!monitor.GoOn()) return;
          const int64_t num_centers = std::min(max_centers, m_ - q);
          AssignNearestCenters(range, &centers_[q * d_], q, num_centers, min_sq + j, &nearest[j]);
          monitor_.Advance(range.count * num_centers);
        }
      }
      if (first || !std::equal(nearest.begin(), nearest.begin() + count, &nearest_[begin])) {
        std::copy_n(nearest.begin(), count, &nearest_[begin]);
        changed.store(true, std::memory_order_relaxed);
      }
    });
    return changed.load(std::memory_order_relaxed);
  }

  void CountClusters() {
    std::fill(cluster_sizes_.begin(), cluster_sizes_.end(), 0);
    for (int64_t j = 0; j < n_; ++j) {
      if (j % kBlock == 0) monitor_.Look();
      ++cluster_sizes_[nearest_[j]];
    }
  }

  void FillEmptyClusters() {
    for (int64_t q = 0; q < m_; ++q) {
      if (cluster_sizes_[q] > 0) continue;
      const int64_t row = FarthestInSharedCluster();
      --cluster_sizes_[nearest_[row]];
      nearest_[row] = q;
      cluster_sizes_[q] = 1;
    }
  }

  // Among clusters that do not become empty themselves. There is one: as long as a cluster is
  // empty, the m or more locations share the others.
  int64_t FarthestInSharedCluster() {
    int64_t farthest = -1;
    for (int64_t j = 0; j < n_; ++j) {
      if (j % kBlock == 0) monitor_.Look();
      if (cluster_sizes_[nearest_[j]] < 2) continue;
      if (farthest < 0 || min_sq_[j] > min_sq_[farthest]) farthest = j;
    }
    return farthest;
  }

  // Sums over a few groups of points, then over the groups in order. There are as many groups as
  // memory allows, up to more than the threads of most machines, but never as many as there are
  // threads: that would change the sums.
  void MoveCenters() {
    const int64_t size = m_ * d_;
    const int64_t num_blocks = NumBlocks(n_);
    const int64_t num_groups =
        std::clamp((int64_t{1} << 22) / size, int64_t{1}, std::min(num_blocks, int64_t{64}));
    const int64_t group_blocks = (num_blocks + num_groups - 1) / num_groups;
    const auto sums = std::make_unique_for_overwrite<double[]>(
        static_cast<size_t>(CheckedSize(num_groups, size, "sums of clusters")));
    ParallelFor(threads_, num_groups, monitor_, [&](int64_t group, int worker) {
      ThreadMonitor monitor(monitor_, worker);
      for (int64_t q = 0; q < m_; ++q) {
        if (!monitor.GoOn()) return;
        std::fill_n(&sums[group * size + q * d_], d_, 0.0);
      }
      const int64_t last_block = std::min((group + 1) * group_blocks, num_blocks);
      for (int64_t block = group * group_blocks; block < last_block; ++block) {
        if (!AddBlock(block, &sums[group * size], monitor)) return;
      }
    });
    for (int64_t q = 0; q < m_; ++q) {
      monitor_.Look();
      for (int64_t i = q * d_; i < (q + 1) * d_; ++i) {
        double sum = 0;
        for (int64_t group = 0; group < num_groups; ++group) sum += sums[group * size + i];
        centers_[i] = sum / static_cast<double>(cluster_sizes_[q]);
      }
    }
  }

  // False if the work is to end.
  bool AddBlock(int64_t block, double* sums, ThreadMonitor& monitor) {
    const int64_t begin = block * kBlock;
    const int64_t end = std::min(begin + kBlock, n_);
    for (int64_t c = 0; c < d_; ++c) {
      if (c % kBlock == 0 && !monitor.GoOn()) return false;
      const double* x = points_.coordinate(c);
      for (int64_t j = begin; j < end; ++j) sums[nearest_[j] * d_ + c] += x[j];
    }
    return true;
  }

  const ScaledPoints& points_;
  const int64_t n_;
  const int64_t d_;
  const int64_t m_;
  const int threads_;
  Monitor& monitor_;
  std::vector<double> centers_;
  std::unique_ptr<double[]> min_sq_;
  std::unique_ptr<int64_t[]> nearest_;
  std::vector<int64_t> cluster_sizes_;
};

}  // namespace

KMeansResult ChooseKMeans(const ScaledPoints& points, const KMeansOptions& options,
                          Monitor& monitor, const DenseMatrixView& originals) {
  const int64_t iterations =
      std::min(options.max_iterations, std::numeric_limits<int64_t>::max() - 1);
  monitor.Start(SaturatedProduct(SaturatedProduct(points.size(), options.m), 1 + iterations));
  KMeansResult result;
  if (options.m == 0) return result;
  RequireLocations(points, originals, options.m, monitor);
  result.rows = Seeding(points, originals, options, monitor).Run(options.m);
  if (options.max_iterations > 0) {
    result.centers =
        Lloyd(points, result.rows, options.threads, monitor).Run(options.max_iterations);
  }
  return result;
}

}  // namespace residual_knn
