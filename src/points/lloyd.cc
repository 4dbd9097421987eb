#include "points/lloyd.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <memory>
#include <utility>

#include "base/checked_size.h"
#include "parallel/parallel_for.h"
#include "points/point_blocks.h"
#include "simd/nearest_center.h"

namespace residual_knn {
namespace {

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
      // If no assignment has changed, no cluster has become empty.
      if (!Assign(iteration == 0)) break;
      CountClusters();
      FillEmptyClusters();
      MoveCenters();
    }
    return std::move(centers_);
  }

 private:
  // Assigns each point to its nearest center. Returns whether any assignment changed.
  bool Assign(bool first) {
    std::atomic<bool> changed = false;
    ParallelFor(threads_, NumPointBlocks(n_), monitor_, [&](int64_t block, int worker) {
      ThreadMonitor monitor(monitor_, worker);
      const int64_t begin = block * kPointBlock;
      const int64_t count = std::min(kPointBlock, n_ - begin);
      std::array<int64_t, kPointBlock> nearest{};
      double* min_sq = &min_sq_[begin];
      std::fill_n(min_sq, count, std::numeric_limits<double>::infinity());
      const int64_t step = PointsBetweenLooks(d_);
      const int64_t max_centers = std::max(kDifferencesBetweenLooks / (step * d_), int64_t{1});
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
      if (j % kPointBlock == 0) monitor_.Look();
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

  // The row that is farthest from its center, among clusters of two or more points. There is one: while a cluster is
  // empty, m or more locations share the other clusters.
  int64_t FarthestInSharedCluster() {
    int64_t farthest = -1;
    for (int64_t j = 0; j < n_; ++j) {
      if (j % kPointBlock == 0) monitor_.Look();
      if (cluster_sizes_[nearest_[j]] < 2) continue;
      if (farthest < 0 || min_sq_[j] > min_sq_[farthest]) farthest = j;
    }
    return farthest;
  }

  // Sums over a few groups of points, then over the groups in order. Memory limits the number of groups, and it is at
  // most 64, more than most machines have threads. It does not depend on the number of threads, because that would
  // change the sums.
  void MoveCenters() {
    const int64_t size = m_ * d_;
    const int64_t num_blocks = NumPointBlocks(n_);
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

  // Adds the points of a block to the sums. False if the work should end.
  bool AddBlock(int64_t block, double* sums, ThreadMonitor& monitor) {
    const int64_t begin = block * kPointBlock;
    const int64_t end = std::min(begin + kPointBlock, n_);
    for (int64_t c = 0; c < d_; ++c) {
      if (c % kPointBlock == 0 && !monitor.GoOn()) return false;
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

std::vector<double> RefineCenters(const ScaledPoints& points, std::span<const int64_t> rows,
                                  const KMeansOptions& options, Monitor& monitor) {
  return Lloyd(points, rows, options.threads, monitor).Run(options.max_iterations);
}

}  // namespace residual_knn
