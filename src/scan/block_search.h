// Distributes the queries of a scan, block by block, over its workers.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "parallel/parallel_for.h"

namespace residual_knn {

// Each worker is a thread and takes blocks of `block` queries. The last block is taken first, because it has the most
// candidates in a search among predecessors. Returns the sum of the seconds that all workers spent.
template <class Worker>
double SearchBlocks(std::vector<Worker>& workers, std::span<const int64_t> which, int64_t block,
                    Monitor& monitor) {
  const auto count = std::ssize(which);
  const int64_t blocks = (count + block - 1) / block;
  using Clock = std::chrono::steady_clock;
  std::vector<double> seconds(workers.size());
  ParallelFor(static_cast<int>(workers.size()), blocks, monitor, [&](int64_t task, int worker) {
    const auto start = Clock::now();
    const int64_t first = (blocks - 1 - task) * block;
    workers[worker].SearchBlock(which.subspan(first, std::min(block, count - first)));
    seconds[worker] += std::chrono::duration<double>(Clock::now() - start).count();
  });
  return std::accumulate(seconds.begin(), seconds.end(), 0.0);
}

}  // namespace residual_knn
