#include "tools/chunk_sizes.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tools/answer_files.h"
#include "tools/output_file.h"
#include "tools/output_format.h"

namespace residual_knn::cli {
namespace {

// The headers of compressed rows contain their number, which is known after the last chunk. A pipe cannot be rewritten.
bool NeedsOneChunk(const NeighborsOptions& options) {
  if (!options.threshold || !IsNpyName(options.output)) return false;
  const std::vector<std::string> files = NeighborsFiles(options.output, true);
  return !std::all_of(files.begin(), files.end(), IsStaged);
}

// Neighbors for which there is memory.
int64_t NeighborsInMemory(const NeighborsOptions& options) {
  constexpr int64_t kMostBytes = int64_t{1} << 30;
  constexpr int64_t kLimitForAnswer = 3;  // the answer gets one part in this many of --memory-limit
  const int64_t bytes = options.memory_limit == 0
                            ? kMostBytes
                            : std::min(kMostBytes, options.memory_limit / kLimitForAnswer);
  return std::max<int64_t>(bytes / (options.threshold ? kBytesOfPair : kBytesOfNeighbor), 1);
}

bool Adapts(const NeighborsOptions& options) {
  return options.threshold && options.memory_limit > 0 && options.chunk == kUsualChunk &&
         !NeedsOneChunk(options);
}

int64_t FirstSize(const NeighborsOptions& options, const QueryRange& range) {
  constexpr int64_t kLeast = int64_t{1} << 17;
  constexpr int64_t kFirstOfAdapted = 256;
  if (NeedsOneChunk(options)) return std::max<int64_t>(range.size(), 1);
  if (options.chunk != kUsualChunk) return options.chunk;
  if (Adapts(options)) return kFirstOfAdapted;
  return std::max(NeighborsInMemory(options) / options.k, kLeast);
}

}  // namespace

ChunkSizes::ChunkSizes(const NeighborsOptions& options, const QueryRange& range)
    : adapts_(Adapts(options)),
      next_(FirstSize(options, range)),
      most_neighbors_(NeighborsInMemory(options)) {}

void ChunkSizes::Learn(int64_t queries, int64_t neighbors) {
  constexpr int64_t kMostGrowth = 4;
  // Of the room; the queries of the next chunk may have more neighbors than all so far.
  constexpr int64_t kNumerator = 3;
  constexpr int64_t kDenominator = 4;
  if (!adapts_ || queries == 0) return;
  most_of_query_ = std::max(most_of_query_, (neighbors + queries - 1) / queries);
  next_ = std::clamp<int64_t>(most_neighbors_ / kDenominator * kNumerator / most_of_query_, 1,
                              kMostGrowth * queries);
}

int64_t MostNeighborsOfChunk(const NeighborsOptions& options, const QueryRange& range) {
  if (options.threshold) return NeighborsInMemory(options);
  return std::min(FirstSize(options, range), range.size()) * options.k;
}

}  // namespace residual_knn::cli
