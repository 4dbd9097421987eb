#include "search/tree_search.h"

#include <algorithm>
#include <chrono>
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
constexpr int64_t kChunk = 1024;
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

  [[nodiscard]] std::span<const int64_t> Queries() const {
    return {queries->data() + first, static_cast<size_t>(count)};
  }
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
      Cut(model, tree, stages_[stage], settings);
    }
  }

  [[nodiscard]] std::span<const Chunk> chunks() const { return chunks_; }
  [[nodiscard]] std::span<const int64_t> brute() const { return brute_; }

  double tree_seconds = 0;
  int64_t coarse_blocks = 0;

 private:
  static constexpr int64_t kFewCandidates = 1024;

  // Sorts a stage's queries by leaf; those that are exceptional rows go to brute force.
  void SortInto(const ResidualModel& model, const ResidualTree& tree, std::vector<int64_t>& stage) {
    struct Key {
      bool single;
      int64_t position;
      int64_t query;
      auto operator<=>(const Key&) const = default;
    };
    std::vector<Key> keys;
    keys.reserve(stage.size());
    std::vector<double> point(static_cast<size_t>(model.d()));
    for (const int64_t query : stage) {
      const int64_t row = queries_.RowOf(query);
      if (row >= 0 && row < tree.size()) {
        const int64_t position = tree.position(row);
        if (position < 0) {
          brute_.push_back(query);
        } else {
          // Those that single precision cannot take would take their whole chunk with them.
          keys.push_back(
              {tree.margins().FitsSingle(model.inverse_deviation()[row]), position, query});
        }
        continue;
      }
      queries_.CopyPoint(query, point.data());
      keys.push_back({true,
                      tree.order().Begin(tree.order().depth(), tree.order().LeafOf(point.data())),
                      query});
    }
    std::sort(keys.begin(), keys.end());
    stage.clear();
    for (const Key& key : keys) stage.push_back(key.query);
  }

  [[nodiscard]] bool Single(const ResidualModel& model, const ResidualTree& tree,
                            int64_t query) const {
    const int64_t row = queries_.RowOf(query);
    return row < 0 || tree.margins().FitsSingle(model.inverse_deviation()[row]);
  }

  void Cut(const ResidualModel& model, const ResidualTree& tree, std::vector<int64_t>& stage,
           const SearchSettings& settings) {
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
      const bool turned = i > first && i < total && !Single(model, tree, stage[i - 1]) &&
                          Single(model, tree, stage[i]);
      if (i > first && (i == total || i - first == most || own != home || turned)) {
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

// The workers of one search, and what they have in common.
class TreeSearch {
 public:
  TreeSearch(const ResidualModel& model, const QuerySet& queries, const SearchSettings& settings,
             ResultSink& results, Monitor& monitor)
      : queries_(queries), settings_(settings), results_(results), monitor_(monitor) {
    for (int i = 0; i < settings.threads; ++i) {
      workers_.push_back(
          std::make_unique<TreeWorker>(model, settings, Plan::MostInChunk(settings)));
      traversals_.push_back(MakeTraversal(settings.strategy));
    }
  }

  // Returns the seconds that all workers together spent on it.
  double Search(std::span<const Chunk* const> chunks) {
    std::vector<double> seconds(workers_.size());
    ParallelFor(settings_.threads, static_cast<int64_t>(chunks.size()), monitor_,
                [&](int64_t task, int index) {
                  const auto start = Clock::now();
                  SearchChunk(*chunks[task], index);
                  seconds[index] += std::chrono::duration<double>(Clock::now() - start).count();
                });
    return std::accumulate(seconds.begin(), seconds.end(), 0.0);
  }

  void AddTo(SearchStatistics& statistics) const {
    for (const auto& worker : workers_) worker->counters().AddTo(statistics);
  }

 private:
  using Clock = std::chrono::steady_clock;

  void SearchChunk(const Chunk& chunk, int index) {
    TreeWorker& worker = *workers_[index];
    const auto which = chunk.Queries();
    if (!worker.Begin(*chunk.tree, queries_, which, monitor_, index == 0)) return;
    traversals_[index]->Search(worker, chunk.home);
    worker.Finish(results_);
    int64_t pairs = 0;
    for (const int64_t query : which) pairs += queries_.Pairs(query);
    monitor_.Advance(pairs);
  }

  const QuerySet& queries_;
  const SearchSettings& settings_;
  ResultSink& results_;
  Monitor& monitor_;
  std::vector<std::unique_ptr<TreeWorker>> workers_;
  std::vector<std::unique_ptr<Traversal>> traversals_;
};

// Chunks that a timed sample takes, for each thread, and chunks without which there is nothing to decide.
constexpr size_t kSampled = 2;
constexpr size_t kFewChunks = 8;
// Queries of brute force in the sample, for each thread.
constexpr int64_t kScanned = 192;

}  // namespace

SearchStatistics SearchTree(const ResidualModel& model, Prepared& prepared, const QuerySet& queries,
                            const SearchSettings& settings, bool compare, ResultSink& results,
                            Monitor& monitor) {
  const Plan plan(model, prepared.trees, queries, settings, monitor);
  SearchStatistics statistics;
  statistics.strategy = settings.strategy;
  statistics.threads = settings.threads;
  statistics.tree_seconds = plan.tree_seconds;
  statistics.coarse_blocks = plan.coarse_blocks;
  if (compare) statistics.reason = RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE;

  const auto scan = [&](std::vector<int64_t> which) {
    std::sort(which.begin(), which.end(), [&](int64_t a, int64_t b) {
      return std::pair(queries.RowOf(a), a) < std::pair(queries.RowOf(b), b);
    });
    const SearchStatistics brute =
        SearchBruteForce(model, prepared, queries, which, settings, results, monitor);
    statistics.pairs_scored += brute.pairs_scored;
    statistics.pairs_rescored += brute.pairs_rescored;
    statistics.scored_in_float32 += brute.scored_in_float32;
  };
  TreeSearch search(model, queries, settings, results, monitor);
  std::vector<const Chunk*> rest;
  for (const Chunk& chunk : plan.chunks()) rest.push_back(&chunk);
  std::vector<int64_t> scanned(plan.brute().begin(), plan.brute().end());

  if (compare && rest.size() >= kFewChunks) {
    // Both samples are spread evenly, and neither is searched again.
    const size_t count = kSampled * static_cast<size_t>(settings.threads);
    const size_t step = std::max<size_t>(rest.size() / (2 * count), 1);
    std::vector<const Chunk*> tree_sample;
    std::vector<const Chunk*> others;
    std::vector<int64_t> scan_sample;
    std::vector<Chunk> shortened;
    shortened.reserve(rest.size());
    double tree_queries = 0;
    for (size_t i = 0; i < rest.size(); ++i) {
      const bool taken = i % step == 0;
      if (taken && i / step % 2 == 0 && tree_sample.size() < count) {
        tree_sample.push_back(rest[i]);
        tree_queries += static_cast<double>(rest[i]->count);
      } else if (taken && i / step % 2 == 1 &&
                 static_cast<int64_t>(scan_sample.size()) < kScanned * settings.threads) {
        const auto which = rest[i]->Queries();
        const auto size = static_cast<size_t>(std::min<int64_t>(
            kScanned * settings.threads / static_cast<int64_t>(count) + 1, rest[i]->count));
        scan_sample.insert(scan_sample.end(), which.begin(), which.begin() + size);
        shortened.push_back(*rest[i]);
        shortened.back().first += static_cast<int64_t>(size);
        shortened.back().count -= static_cast<int64_t>(size);
        if (shortened.back().count > 0) others.push_back(&shortened.back());
      } else {
        others.push_back(rest[i]);
      }
    }
    const double tree_seconds = search.Search(tree_sample);
    double scan_pairs = 0;
    for (const int64_t query : scan_sample) scan_pairs += static_cast<double>(queries.Pairs(query));
    // What brute force prepares once is not part of its speed.
    if (QuantizedFactor::Fits(model)) {
      prepared.quantized.Get(monitor, [&] {
        return std::make_unique<QuantizedFactor>(model, settings.threads, monitor);
      });
    }
    const auto start = std::chrono::steady_clock::now();
    scan(scan_sample);
    const double scan_seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    double rest_pairs = 0;
    double rest_queries = 0;
    for (const Chunk* chunk : others) {
      rest_queries += static_cast<double>(chunk->count);
      for (const int64_t query : chunk->Queries()) {
        rest_pairs += static_cast<double>(queries.Pairs(query));
      }
    }
    const double by_tree = tree_seconds / tree_queries * rest_queries / settings.threads;
    const double by_scan = scan_seconds / std::max(scan_pairs, 1.0) * rest_pairs;
    rest = others;
    if (by_scan < by_tree) {
      statistics.strategy = RESIDUAL_KNN_BRUTE_FORCE;
      statistics.reason = RESIDUAL_KNN_REASON_SAMPLE_FOR_BRUTE_FORCE;
      for (const Chunk* chunk : others) {
        const auto which = chunk->Queries();
        scanned.insert(scanned.end(), which.begin(), which.end());
      }
      rest.clear();
    }
    search.Search(rest);
    if (!scanned.empty()) scan(scanned);
  } else {
    search.Search(rest);
    if (!scanned.empty()) scan(scanned);
  }
  search.AddTo(statistics);
  return statistics;
}

}  // namespace residual_knn
