#include "search/timed_sample.h"

#include <algorithm>

namespace residual_knn {
namespace {

constexpr int64_t kScanned = 192;  // for each thread
constexpr int64_t kScannedOneIn = 32;

}  // namespace

TimedSample::TimedSample(const QuerySet& queries, std::span<const Chunk* const> chunks, int threads,
                         bool scan_is_known) {
  int64_t total = 0;
  for (const Chunk* chunk : chunks) total += chunk->count;
  // At least a chunk for each thread; brute force may take long, so it gets few queries of many.
  const size_t count = std::min(chunks.size() / 4, 2 * static_cast<size_t>(threads));
  const size_t step = chunks.size() / (2 * count);
  const int64_t scanned =
      scan_is_known ? 0 : std::min<int64_t>(kScanned * threads, total / kScannedOneIn);
  // A query or more of each chunk that is taken, or nothing would be timed.
  const int64_t share =
      scan_is_known ? 0 : std::max<int64_t>(scanned / static_cast<int64_t>(count), 1);
  shortened_.reserve(chunks.size());
  for (size_t i = 0; i < chunks.size(); ++i) {
    const Chunk& chunk = *chunks[i];
    const bool taken = i % step == 0 && i / step < 2 * count;
    if (taken && i / step % 2 == 0) {
      by_tree_.push_back(&chunk);
      tree_queries_ += static_cast<double>(chunk.count);
      continue;
    }
    const int64_t size = taken ? std::min(share, chunk.count) : 0;
    for (const int64_t query : chunk.Queries().first(static_cast<size_t>(size))) {
      by_scan_.push_back(query);
      scan_pairs_ += static_cast<double>(queries.Pairs(query));
    }
    if (size == chunk.count) continue;
    shortened_.push_back(chunk);
    shortened_.back().first += size;
    shortened_.back().count -= size;
    rest_.push_back(&shortened_.back());
    for (const int64_t query : rest_.back()->Queries()) {
      rest_pairs_ += static_cast<double>(queries.Pairs(query));
    }
    rest_queries_ += static_cast<double>(rest_.back()->count);
  }
}

}  // namespace residual_knn
