// Searches chunks of queries by one traversal of the residual tree, on the threads of one search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "descent/chunk_plan.h"
#include "descent/traversal.h"
#include "descent/tree_worker.h"
#include "query/search_job.h"
#include "query/search_statistics.h"

namespace residual_knn {

// Keeps its workers, with their memory and counts, from call to call.
class TreeDescent {
 public:
  // job.settings.strategy is one of the traversals.
  explicit TreeDescent(const SearchJob& job);

  // Searches the chunks. Returns the sum of the seconds that all workers spent.
  double Search(std::span<const Chunk* const> chunks);

  // The queries of all calls so far for which a tree is of no use. They are not answered yet.
  [[nodiscard]] std::vector<int64_t> Left() const;

  void AddTo(SearchStatistics& statistics) const;

 private:
  void SearchChunk(const Chunk& chunk, int index);

  const SearchJob job_;
  std::vector<std::unique_ptr<TreeWorker>> workers_;
  std::vector<std::unique_ptr<Traversal>> traversals_;
  std::vector<size_t> left_;  // how many queries each worker has left so far
};

}  // namespace residual_knn
