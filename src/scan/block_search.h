// Queries, block by block, on the workers of a scan.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "parallel/parallel_for.h"

namespace residual_knn {

// Each worker, a thread, takes blocks of `block` queries. The last block has the longest triangle of predecessors:
// first come, first done. Returns the sum of the seconds that each worker spent.
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
