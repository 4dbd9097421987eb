#include "search/timed_sample.h"

#include <algorithm>

#include "base/assert.h"

namespace residual_knn {
namespace {

// Brute force gets kScanned queries for each thread, but at most one in kScannedOneIn of all.
constexpr int64_t kScanned = 192;
constexpr int64_t kScannedOneIn = 32;

}  // namespace

TimedSample::TimedSample(const QuerySet& queries, std::span<const Chunk* const> chunks, int threads)
    : queries_(queries), threads_(threads) {
  RESIDUAL_KNN_ASSERT(chunks.size() >= kFewChunks);
  // Takes chunks at equal distances. The tree gets every second of them, and brute force may get some queries of the
  // others.
  const size_t count = std::min(chunks.size() / 4, 2 * static_cast<size_t>(threads));
  const size_t step = chunks.size() / (2 * count);
  for (size_t i = 0; i < chunks.size(); ++i) {
    const bool taken = i % step == 0 && i / step < 2 * count;
    if (taken && i / step % 2 == 0) {
      by_tree_.push_back(chunks[i]);
    } else {
      if (taken) for_scan_.push_back(left_.size());
      left_.push_back(*chunks[i]);
    }
  }
}

double TimedSample::tree_queries() const {
  int64_t sum = 0;
  for (const Chunk* chunk : by_tree_) sum += chunk->count;
  return static_cast<double>(std::max<int64_t>(sum, 1));
}

std::vector<int64_t> TimedSample::TakeForScan() {
  int64_t total = 0;
  for (const Chunk& chunk : left_) total += chunk.count;
  const int64_t scanned = std::min<int64_t>(kScanned * threads_, total / kScannedOneIn);
  // At least one query of each chunk; otherwise nothing would be timed.
  const int64_t share = std::max<int64_t>(scanned / static_cast<int64_t>(for_scan_.size()), 1);
  std::vector<int64_t> which;
  for (const size_t i : for_scan_) {
    const int64_t size = std::min(share, left_[i].count);
    const auto taken = left_[i].Queries().first(static_cast<size_t>(size));
    which.insert(which.end(), taken.begin(), taken.end());
    left_[i].first += size;
    left_[i].count -= size;
  }
  return which;
}

std::vector<const Chunk*> TimedSample::rest() const {
  std::vector<const Chunk*> rest;
  for (const Chunk& chunk : left_) {
    if (chunk.count > 0) rest.push_back(&chunk);
  }
  return rest;
}

double TimedSample::rest_queries() const {
  int64_t sum = 0;
  for (const Chunk& chunk : left_) sum += chunk.count;
  return static_cast<double>(sum);
}

double TimedSample::rest_pairs() const {
  double sum = 0;
  for (const Chunk& chunk : left_) sum += Pairs(chunk.Queries());
  return sum;
}

double TimedSample::Pairs(std::span<const int64_t> which) const {
  double sum = 0;
  for (const int64_t query : which) sum += static_cast<double>(queries_.Pairs(query));
  return sum;
}

}  // namespace residual_knn
