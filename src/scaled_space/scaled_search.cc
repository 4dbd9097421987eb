#include "scaled_space/scaled_search.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>
#include <span>
#include <vector>

#include "parallel/pace.h"
#include "parallel/parallel_for.h"
#include "scaled_space/space_worker.h"

namespace residual_knn {
namespace {

// Building a tree takes about as long as scanning all rows for this many queries.
constexpr double kBuildQueries = 200;
// Queries that a worker takes at once, and queries that it sorts at once.
constexpr int64_t kChunk = 64;
constexpr int64_t kKeysAtOnce = 4096;
// Neighbors that a worker keeps at once, for memory.
constexpr int64_t kNeighborsAtOnce = int64_t{1} << 20;
// The tree of a prefix is built for at least one query in this many of its rows.
constexpr int64_t kLeastQueriesOneIn = 16;

// Gives each query to the smallest tree that has all its candidates. A tree of a prefix is made for many queries only;
// a larger tree answers few of them.
std::vector<std::vector<int64_t>> QueriesByStage(const SearchJob& job,
                                                 const SpaceTreeStore& store) {
  std::vector<std::vector<int64_t>> stages(static_cast<size_t>(store.num_stages()));
  Pace pace(job.monitor);
  for (int64_t query = 0; query < job.queries.size(); ++query) {
    pace.Spend(1);
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

// Sorts queries by the leaves that contain them, so that queries which follow each other visit the same nodes. If there
// are fewer queries than leaves, neighboring leaves count as one.
std::vector<int64_t> SortedBySpace(const SearchJob& job, const SpaceOrder& order,
                                   std::span<const int64_t> queries) {
  const auto count = std::ssize(queries);
  int shift = 0;
  while (shift < order.depth() && int64_t{1} << (order.depth() - shift) > count) ++shift;
  std::vector<int64_t> places(queries.size());
  ParallelFor(job.settings.threads, (count + kKeysAtOnce - 1) / kKeysAtOnce, job.monitor,
              [&](int64_t task, int /*worker*/) {
                std::vector<double> point(static_cast<size_t>(job.model.d()));
                const int64_t end = std::min((task + 1) * kKeysAtOnce, count);
                for (int64_t i = task * kKeysAtOnce; i < end; ++i) {
                  job.queries.CopyPoint(queries[i], point.data());
                  places[i] = order.LeafOf(point.data()) >> shift;
                }
              });
  // Counting sort.
  Pace pace(job.monitor);
  std::vector<int64_t> begins((size_t{1} << (order.depth() - shift)) + 1);
  for (const int64_t place : places) {
    pace.Spend(1);
    ++begins[place + 1];
  }
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  std::vector<int64_t> sorted(queries.size());
  for (int64_t i = 0; i < count; ++i) {
    pace.Spend(1);
    sorted[begins[places[i]]++] = queries[i];
  }
  return sorted;
}

// Runs search(worker, queries) for all queries, chunk by chunk. Returns what the workers counted.
SearchStatistics InChunks(
    const SearchJob& job, std::span<const int64_t> queries,
    const std::function<void(SpaceWorker&, std::span<const int64_t>)>& search) {
  const auto count = std::ssize(queries);
  const int64_t threads = job.settings.threads;
  const int64_t most = std::clamp<int64_t>(kNeighborsAtOnce / job.settings.k, 1, kChunk);
  const int64_t chunk = std::clamp<int64_t>((count + threads - 1) / threads, 1, most);
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
  const std::vector<std::vector<int64_t>> stages = QueriesByStage(job, store);
  for (int stage = 0; stage < store.num_stages(); ++stage) {
    const std::vector<int64_t>& queries = stages[stage];
    if (queries.empty()) continue;
    const auto start = std::chrono::steady_clock::now();
    const SpaceTree& tree = store.Get(stage, job.settings.threads, job.monitor);
    statistics.tree_seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (stage == 0) statistics.coarse_blocks = tree.num_coarse();
    const std::vector<int64_t> sorted = SortedBySpace(job, tree.order(), queries);
    const SearchStatistics part =
        InChunks(job, sorted, [&tree](SpaceWorker& worker, std::span<const int64_t> chunk) {
          worker.SearchTree(tree, chunk);
        });
    statistics.Add(part);
    statistics.threads = std::max(statistics.threads, part.threads);
  }
  return statistics;
}

bool AreFew(const SearchJob& job, SpaceTreeStore& store, int64_t pairs) {
  const double before = store.AskedBefore(static_cast<double>(pairs));
  return !store.Has(0) &&
         before + static_cast<double>(pairs) < kBuildQueries * static_cast<double>(job.model.n());
}

}  // namespace

SearchChoice ChooseInScaledSpace(const SearchJob& job, SpaceTreeStore& store, int64_t pairs) {
  const int32_t asked = job.settings.strategy;
  if (asked == RESIDUAL_KNN_BRUTE_FORCE) {
    return {RESIDUAL_KNN_BRUTE_FORCE, RESIDUAL_KNN_REASON_REQUESTED};
  }
  if (asked == RESIDUAL_KNN_AUTOMATIC && AreFew(job, store, pairs)) {
    return {RESIDUAL_KNN_BRUTE_FORCE, RESIDUAL_KNN_REASON_FEW_PAIRS};
  }
  return {RESIDUAL_KNN_BEST_FIRST, asked == RESIDUAL_KNN_BEST_FIRST
                                       ? RESIDUAL_KNN_REASON_REQUESTED
                                       : RESIDUAL_KNN_REASON_SCALED_DISTANCE};
}

SearchStatistics SearchScaledSpace(const SearchJob& job, SpaceTreeStore& store, int64_t pairs) {
  const LargerSearch* larger = job.settings.part_of;
  const SearchChoice choice =
      larger != nullptr ? larger->by_scaled_distance : ChooseInScaledSpace(job, store, pairs);
  SearchStatistics statistics =
      choice.strategy == RESIDUAL_KNN_BRUTE_FORCE ? ScanAll(job) : SearchTrees(job, store);
  statistics.reason = choice.reason;
  return statistics;
}

}  // namespace residual_knn
