#include "descent/tree_descent.h"

#include <chrono>
#include <numeric>

#include "base/error.h"
#include "parallel/parallel_for.h"

namespace residual_knn {
namespace {

using Clock = std::chrono::steady_clock;

std::unique_ptr<Traversal> MakeTraversal(int32_t strategy) {
  switch (strategy) {
    case RESIDUAL_KNN_LEVEL_SYNCHRONOUS:
      return MakeLevelSynchronous();
    case RESIDUAL_KNN_BEST_FIRST:
      return MakeBestFirst(1, 1);
    case RESIDUAL_KNN_BATCHED_BEST_FIRST:
      return MakeBestFirst(ChunkPlan::kMost, 4);
    case RESIDUAL_KNN_DUAL_TREE:
      return MakeDualTree();
    default:
      throw Error(RESIDUAL_KNN_ERROR_INTERNAL, "a strategy without a traversal");
  }
}

}  // namespace

TreeDescent::TreeDescent(const SearchJob& job) : job_(job) {
  for (int i = 0; i < job.settings.threads; ++i) {
    workers_.push_back(std::make_unique<TreeWorker>(job, ChunkPlan::MostInChunk(job.settings), i));
    traversals_.push_back(MakeTraversal(job.settings.strategy));
    left_.push_back(0);
  }
}

double TreeDescent::Search(std::span<const Chunk* const> chunks) {
  std::vector<double> seconds(workers_.size());
  ParallelFor(job_.settings.threads, std::ssize(chunks), job_.monitor,
              [&](int64_t task, int index) {
                const auto start = Clock::now();
                SearchChunk(*chunks[task], index);
                seconds[index] += std::chrono::duration<double>(Clock::now() - start).count();
              });
  return std::accumulate(seconds.begin(), seconds.end(), 0.0);
}

std::vector<int64_t> TreeDescent::Left() const {
  std::vector<int64_t> left;
  for (const auto& worker : workers_) {
    left.insert(left.end(), worker->left().begin(), worker->left().end());
  }
  return left;
}

void TreeDescent::AddTo(SearchStatistics& statistics) const {
  for (const auto& worker : workers_) statistics.Add(worker->counters());
}

void TreeDescent::SearchChunk(const Chunk& chunk, int index) {
  TreeWorker& worker = *workers_[index];
  const auto which = chunk.Queries();
  if (!worker.Begin(*chunk.tree, which)) return;
  const size_t left_before = left_[index];
  if (!worker.searching().empty()) traversals_[index]->Search(worker, chunk.home);
  worker.Finish();
  int64_t pairs = 0;
  for (const int64_t query : which) pairs += job_.queries.Pairs(query);
  for (const int64_t query : worker.left().subspan(left_before)) pairs -= job_.queries.Pairs(query);
  left_[index] = worker.left().size();
  job_.monitor.Advance(pairs);
}

}  // namespace residual_knn
