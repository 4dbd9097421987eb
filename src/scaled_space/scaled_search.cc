#include "scaled_space/scaled_search.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>
#include <tuple>
#include <vector>

#include "parallel/parallel_for.h"
#include "scaled_space/space_worker.h"

namespace residual_knn {
namespace {

// Building a tree takes about as long as scanning all rows for this many queries.
constexpr double kBuildQueries = 200;
// Queries that a worker takes at once.
constexpr int64_t kChunk = 64;
// The tree of a prefix is built for at least one query in this many of its rows.
constexpr int64_t kLeastQueriesOneIn = 16;

// Queries for one tree, sorted by their place in space.
struct Batch {
  const SpaceTree* tree;
  std::vector<int64_t> queries;
};

// Gives each query to the smallest tree that has all its candidates. A tree of a prefix is made for many queries only;
// a larger tree answers few of them.
std::vector<std::vector<int64_t>> QueriesByStage(const SearchJob& job,
                                                 const SpaceTreeStore& store) {
  std::vector<std::vector<int64_t>> stages(static_cast<size_t>(store.num_stages()));
  for (int64_t query = 0; query < job.queries.size(); ++query) {
    int stage = store.num_stages() - 1;
    while (stage > 0 && store.size(stage) < job.queries.Limit(query)) --stage;
    stages[stage].push_back(query);
  }
  for (int stage = store.num_stages() - 1; stage > 0; --stage) {
    std::vector<int64_t>& queries = stages[stage];
    if (store.Has(stage) || std::ssize(queries) >= store.size(stage) / kLeastQueriesOneIn) continue;
    std::vector<int64_t>& larger = stages[stage - 1];
    larger.insert(larger.end(), queries.begin(), queries.end());
    queries.clear();
  }
  return stages;
}

// Queries that follow each other visit the same nodes.
void SortBySpace(const SearchJob& job, const SpaceOrder& order, std::vector<int64_t>& queries) {
  struct Key {
    int64_t leaf;
    int64_t query;
  };
  std::vector<Key> keys;
  keys.reserve(queries.size());
  std::vector<double> point(static_cast<size_t>(job.model.d()));
  for (const int64_t query : queries) {
    job.queries.CopyPoint(query, point.data());
    keys.push_back({order.LeafOf(point.data()), query});
  }
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    return std::tie(a.leaf, a.query) < std::tie(b.leaf, b.query);
  });
  for (size_t i = 0; i < keys.size(); ++i) queries[i] = keys[i].query;
}

// Runs search(worker, queries) for all queries, chunk by chunk. Returns what the workers counted.
SearchStatistics InChunks(
    const SearchJob& job, std::span<const int64_t> queries,
    const std::function<void(SpaceWorker&, std::span<const int64_t>)>& search) {
  const auto count = std::ssize(queries);
  const int64_t threads = job.settings.threads;
  const int64_t chunk = std::clamp<int64_t>((count + threads - 1) / threads, 1, kChunk);
  const int64_t chunks = (count + chunk - 1) / chunk;
  SearchStatistics statistics;
  statistics.threads = static_cast<int>(std::clamp<int64_t>(chunks, 1, threads));
  std::vector<SpaceWorker> workers;
  workers.reserve(static_cast<size_t>(statistics.threads));
  for (int i = 0; i < statistics.threads; ++i) workers.emplace_back(job, i);
  ParallelFor(statistics.threads, chunks, job.monitor, [&](int64_t task, int worker) {
    const int64_t begin = task * chunk;
    search(workers[worker], queries.subspan(static_cast<size_t>(begin),
                                            static_cast<size_t>(std::min(chunk, count - begin))));
  });
  for (const SpaceWorker& worker : workers) statistics.Add(worker.counts());
  return statistics;
}

SearchStatistics ScanAll(const SearchJob& job) {
  std::vector<int64_t> all(static_cast<size_t>(job.queries.size()));
  std::iota(all.begin(), all.end(), int64_t{0});
  SearchStatistics statistics =
      InChunks(job, all,
               [](SpaceWorker& worker, std::span<const int64_t> queries) { worker.Scan(queries); });
  statistics.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  return statistics;
}

SearchStatistics SearchTrees(const SearchJob& job, SpaceTreeStore& store) {
  SearchStatistics statistics;
  statistics.strategy = RESIDUAL_KNN_BEST_FIRST;
  statistics.threads = 1;
  std::vector<std::vector<int64_t>> stages = QueriesByStage(job, store);
  for (int stage = 0; stage < store.num_stages(); ++stage) {
    std::vector<int64_t>& queries = stages[stage];
    if (queries.empty()) continue;
    const auto start = std::chrono::steady_clock::now();
    const SpaceTree& tree = store.Get(stage, job.settings.threads, job.monitor);
    statistics.tree_seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (stage == 0) statistics.coarse_blocks = tree.num_coarse();
    SortBySpace(job, tree.order(), queries);
    const SearchStatistics part =
        InChunks(job, queries, [&tree](SpaceWorker& worker, std::span<const int64_t> chunk) {
          worker.SearchTree(tree, chunk);
        });
    statistics.Add(part);
    statistics.threads = std::max(statistics.threads, part.threads);
  }
  return statistics;
}

bool AreFew(const SearchJob& job, SpaceTreeStore& store) {
  double pairs = 0;
  for (int64_t i = 0; i < job.queries.size(); ++i) {
    pairs += static_cast<double>(job.queries.Pairs(i));
  }
  const double before = store.AskedBefore(pairs);
  return !store.Has(0) && before + pairs < kBuildQueries * static_cast<double>(job.model.n());
}

}  // namespace

SearchStatistics SearchScaledSpace(const SearchJob& job, SpaceTreeStore& store) {
  const int32_t asked = job.settings.strategy;
  SearchStatistics statistics;
  if (asked == RESIDUAL_KNN_BRUTE_FORCE) {
    statistics = ScanAll(job);
    statistics.reason = RESIDUAL_KNN_REASON_REQUESTED;
  } else if (asked == RESIDUAL_KNN_AUTOMATIC && AreFew(job, store)) {
    statistics = ScanAll(job);
    statistics.reason = RESIDUAL_KNN_REASON_FEW_PAIRS;
  } else {
    statistics = SearchTrees(job, store);
    statistics.reason = asked == RESIDUAL_KNN_BEST_FIRST ? RESIDUAL_KNN_REASON_REQUESTED
                                                         : RESIDUAL_KNN_REASON_SCALED_DISTANCE;
  }
  return statistics;
}

}  // namespace residual_knn
