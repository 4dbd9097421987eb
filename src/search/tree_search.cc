#include "search/tree_search.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <vector>

#include "parallel/parallel_for.h"
#include "search/brute_force.h"
#include "search/traversal.h"
#include "search/tree_worker.h"

namespace residual_knn {
namespace {

// Queries that meet the tree together: enough for efficient products, few enough for the caches.
constexpr int64_t kChunk = 256;
constexpr int64_t kListBytes = 16 << 20;
constexpr int64_t kBytesPerCandidate = 64;

std::unique_ptr<Traversal> MakeTraversal(int32_t strategy) {
  switch (strategy) {
    case RESIDUAL_KNN_LEVEL_SYNCHRONOUS:
      return MakeLevelSynchronous();
    case RESIDUAL_KNN_BEST_FIRST:
      return MakeBestFirst(1, 1);
    case RESIDUAL_KNN_BATCHED_BEST_FIRST:
      return MakeBestFirst(kChunk, 4);
    default:
      return MakeDualTree();
  }
}

// Queries that meet one tree, in the order of its leaves, and how they are cut.
struct Chunk {
  const ResidualTree* tree;
  std::vector<int64_t>* queries;
  int64_t first;
  int64_t count;
  int64_t home;  // block of the coarsest level that all are rows of, or -1
};

class Plan {
 public:
  Plan(const ResidualModel& model, TreeStore& trees, const QuerySet& queries,
       const SearchSettings& settings, Monitor& monitor)
      : queries_(queries), stages_(static_cast<size_t>(trees.num_stages())) {
    for (int64_t i = 0; i < queries.size(); ++i) {
      const int64_t limit = queries.Limit(i);
      int stage = 0;
      while (stage + 1 < trees.num_stages() && limit < trees.size(stage + 1)) ++stage;
      const bool few = stage + 1 == trees.num_stages() && limit <= kFewCandidates;
      (few ? brute_ : stages_[stage]).push_back(i);
    }
    for (int stage = 0; stage < trees.num_stages(); ++stage) {
      if (stages_[stage].empty()) continue;
      const ResidualTree& tree = trees.Get(stage, settings.threads, monitor, tree_seconds);
      coarse_blocks = std::max(coarse_blocks, tree.level(tree.top()).size());
      SortInto(model, tree, stages_[stage]);
      Cut(tree, stages_[stage], settings);
    }
    std::sort(brute_.begin(), brute_.end(), [&](int64_t a, int64_t b) {
      return std::pair(queries.RowOf(a), a) < std::pair(queries.RowOf(b), b);
    });
  }

  [[nodiscard]] std::span<const Chunk> chunks() const { return chunks_; }
  [[nodiscard]] std::span<const int64_t> brute() const { return brute_; }

  double tree_seconds = 0;
  int64_t coarse_blocks = 0;

 private:
  static constexpr int64_t kFewCandidates = 1024;

  // Sorts a stage's queries by leaf; those that are exceptional rows go to brute force.
  void SortInto(const ResidualModel& model, const ResidualTree& tree, std::vector<int64_t>& stage) {
    std::vector<std::pair<int64_t, int64_t>> keys;
    keys.reserve(stage.size());
    std::vector<double> point(static_cast<size_t>(model.d()));
    for (const int64_t query : stage) {
      const int64_t row = queries_.RowOf(query);
      if (row >= 0 && row < tree.size()) {
        const int64_t position = tree.position(row);
        if (position < 0) {
          brute_.push_back(query);
        } else {
          keys.emplace_back(position, query);
        }
        continue;
      }
      queries_.CopyPoint(query, point.data());
      keys.emplace_back(tree.order().Begin(tree.order().depth(), tree.order().LeafOf(point.data())),
                        query);
    }
    std::sort(keys.begin(), keys.end());
    stage.clear();
    for (const auto& [position, query] : keys) stage.push_back(query);
  }

  void Cut(const ResidualTree& tree, std::vector<int64_t>& stage, const SearchSettings& settings) {
    const auto total = static_cast<int64_t>(stage.size());
    const int64_t fair = (total + 4 * settings.threads - 1) / (4 * settings.threads);
    const int64_t most = std::clamp<int64_t>(fair, 1, MostInChunk(settings));
    const bool coupled = settings.strategy == RESIDUAL_KNN_DUAL_TREE && tree.top() > 0;
    int64_t first = 0;
    int64_t home = -1;
    for (int64_t i = 0; i <= total; ++i) {
      int64_t own = -1;
      if (i < total && coupled && queries_.RowOf(stage[i]) >= 0) {
        own =
            tree.BlockOf(tree.top(), tree.order().LeafAt(tree.position(queries_.RowOf(stage[i]))));
      }
      if (i > first && (i == total || i - first == most || own != home)) {
        chunks_.push_back({&tree, &stage, first, i - first, home});
        first = i;
      }
      home = own;
    }
  }

 public:
  static int64_t MostInChunk(const SearchSettings& settings) {
    const int64_t list_bytes = std::max<int64_t>(4 * settings.k, 256) * kBytesPerCandidate;
    return std::clamp<int64_t>(kListBytes / list_bytes, 1, kChunk);
  }

 private:
  const QuerySet& queries_;
  std::vector<std::vector<int64_t>> stages_;
  std::vector<int64_t> brute_;
  std::vector<Chunk> chunks_;
};

struct Crew {
  std::unique_ptr<TreeWorker> worker;
  std::unique_ptr<Traversal> traversal;
};

}  // namespace

SearchStatistics SearchTree(const ResidualModel& model, TreeStore& trees, const QuerySet& queries,
                            const SearchSettings& given, ResultSink& results, Monitor& monitor) {
  SearchSettings settings = given;
  settings.threads = UsableThreads(model, given.threads);
  const Plan plan(model, trees, queries, settings, monitor);
  SearchStatistics statistics;
  for (int64_t i = 0; i < queries.size(); ++i) statistics.pairs += queries.Pairs(i);
  monitor.Start(statistics.pairs);
  const auto chunks = plan.chunks();
  std::vector<Crew> crew(static_cast<size_t>(settings.threads));
  for (Crew& c : crew) {
    c.worker = std::make_unique<TreeWorker>(model, settings, Plan::MostInChunk(settings));
    c.traversal = MakeTraversal(settings.strategy);
  }
  ParallelFor(settings.threads, static_cast<int64_t>(chunks.size()), monitor,
              [&](int64_t task, int index) {
                const Chunk& chunk = chunks[task];
                Crew& c = crew[index];
                const std::span<const int64_t> which(chunk.queries->data() + chunk.first,
                                                     static_cast<size_t>(chunk.count));
                if (!c.worker->Begin(*chunk.tree, queries, which, monitor, index == 0)) return;
                c.traversal->Search(*c.worker, chunk.home);
                c.worker->Finish(results);
                int64_t pairs = 0;
                for (const int64_t query : which) pairs += queries.Pairs(query);
                monitor.Advance(pairs);
              });
  if (!plan.brute().empty()) {
    const SearchStatistics brute =
        SearchBruteForce(model, queries, plan.brute(), settings, results, monitor);
    statistics.pairs_scored += brute.pairs_scored;
    statistics.pairs_rescored += brute.pairs_rescored;
  }
  for (const Crew& c : crew) c.worker->counters().AddTo(statistics);
  statistics.strategy = settings.strategy;
  statistics.threads = settings.threads;
  statistics.tree_seconds = plan.tree_seconds;
  statistics.coarse_blocks = plan.coarse_blocks;
  return statistics;
}

}  // namespace residual_knn
