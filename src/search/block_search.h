// Queries, block by block, on the workers of a scan.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "parallel/parallel_for.h"
#include "search/search.h"

namespace residual_knn {

// Each worker, a thread, takes blocks of `block` queries. The last block has the longest triangle of predecessors:
// first come, first done. Returns the seconds that all workers together spent.
template <class Worker>
double SearchBlocks(std::vector<Worker>& workers, const QuerySet& queries,
                    std::span<const int64_t> which, int64_t block, ResultSink& results,
                    Monitor& monitor) {
  const auto count = static_cast<int64_t>(which.size());
  const int64_t blocks = (count + block - 1) / block;
  using Clock = std::chrono::steady_clock;
  std::vector<double> seconds(workers.size());
  ParallelFor(static_cast<int>(workers.size()), blocks, monitor, [&](int64_t task, int worker) {
    const auto start = Clock::now();
    const int64_t first = (blocks - 1 - task) * block;
    const int64_t size = std::min(block, count - first);
    workers[worker].SearchBlock(queries, which.subspan(first, size), results, monitor, worker == 0);
    seconds[worker] += std::chrono::duration<double>(Clock::now() - start).count();
  });
  return std::accumulate(seconds.begin(), seconds.end(), 0.0);
}

}  // namespace residual_knn
