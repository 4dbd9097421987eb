#include "search/tree_search.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <optional>
#include <tuple>
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
      bool operator<(const Key& other) const {
        return std::tie(single, position, query) <
               std::tie(other.single, other.position, other.query);
      }
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
    const int64_t tasks = int64_t{4} * settings.threads;
    const int64_t fair = (total + tasks - 1) / tasks;
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

// Chunks without which there is nothing to decide.
constexpr size_t kFewChunks = 8;

// Queries, spread evenly, on which both ways are timed; none is searched twice.
class Sample {
 public:
  Sample(const QuerySet& queries, std::span<const Chunk* const> chunks, int threads,
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

  [[nodiscard]] std::span<const Chunk* const> by_tree() const { return by_tree_; }
  [[nodiscard]] std::span<const int64_t> by_scan() const { return by_scan_; }
  [[nodiscard]] const std::vector<const Chunk*>& rest() const { return rest_; }
  [[nodiscard]] double tree_queries() const { return std::max(tree_queries_, 1.0); }
  [[nodiscard]] double scan_pairs() const { return scan_pairs_; }
  [[nodiscard]] double rest_queries() const { return rest_queries_; }
  [[nodiscard]] double rest_pairs() const { return rest_pairs_; }

 private:
  static constexpr int64_t kScanned = 192;  // for each thread
  static constexpr int64_t kScannedOneIn = 32;

  std::vector<const Chunk*> by_tree_;
  std::vector<int64_t> by_scan_;
  std::vector<Chunk> shortened_;
  std::vector<const Chunk*> rest_;
  double tree_queries_ = 0;
  double scan_pairs_ = 0;
  double rest_queries_ = 0;
  double rest_pairs_ = 0;
};

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

  std::optional<Sample> decided;  // holds what is left of the chunks
  if (compare && rest.size() >= kFewChunks) {
    const bool scan_is_known = prepared.scan_seconds.load() > 0;
    const Sample& sample = decided.emplace(queries, rest, settings.threads, scan_is_known);
    const double tree_seconds = search.Search(sample.by_tree()) / sample.tree_queries();
    if (!sample.by_scan().empty()) {
      // What brute force prepares once is not part of its speed.
      PrepareBruteForce(model, prepared, settings.threads, monitor);
      const auto start = std::chrono::steady_clock::now();
      scan({sample.by_scan().begin(), sample.by_scan().end()});
      const double seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      prepared.scan_seconds = seconds * settings.threads / std::max(sample.scan_pairs(), 1.0);
    }
    rest = sample.rest();
    if (prepared.scan_seconds * sample.rest_pairs() < tree_seconds * sample.rest_queries()) {
      statistics.strategy = RESIDUAL_KNN_BRUTE_FORCE;
      statistics.reason = RESIDUAL_KNN_REASON_SAMPLE_FOR_BRUTE_FORCE;
      for (const Chunk* chunk : rest) {
        const auto which = chunk->Queries();
        scanned.insert(scanned.end(), which.begin(), which.end());
      }
      rest.clear();
    }
  }
  search.Search(rest);
  if (!scanned.empty()) scan(scanned);
  search.AddTo(statistics);
  return statistics;
}

}  // namespace residual_knn
