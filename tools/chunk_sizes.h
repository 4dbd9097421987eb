// How many queries the chunks of a run have, so that the answer of a chunk has room in memory.
#pragma once

#include <cstdint>

#include "tools/neighbors_options.h"
#include "tools/query_range.h"

namespace residual_knn::cli {

// A neighbor with its distance, and in a search with --threshold, which keeps its neighbors until all are found.
inline constexpr int64_t kBytesOfNeighbor = 16;
inline constexpr int64_t kBytesOfPair = 48;

// With --memory-limit and --threshold, each next chunk follows the numbers of neighbors that were found so far. Otherwise
// all chunks have the same size.
class ChunkSizes {
 public:
  // `range` are the queries of all chunks.
  ChunkSizes(const NeighborsOptions& options, const QueryRange& range);

  // The queries of the next chunk.
  [[nodiscard]] int64_t Next() const { return next_; }
  // After a chunk whose answer has `neighbors`.
  void Learn(int64_t queries, int64_t neighbors);

 private:
  bool adapts_;
  int64_t next_;
  int64_t most_neighbors_;     // of a chunk
  int64_t most_of_query_ = 1;  // neighbors, in the chunk with the most
};

// The most neighbors that the answer of a chunk should have. With --threshold, one chunk may have more.
int64_t MostNeighborsOfChunk(const NeighborsOptions& options, const QueryRange& range);

}  // namespace residual_knn::cli
