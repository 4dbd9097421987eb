#include "search/prepare_together.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "descent/chunk_plan.h"
#include "search/automatic.h"

namespace residual_knn {
namespace {

// Trees that some process has made for a search of its own are made by each of the others alone.
void BuildTrees(const SearchJob& job, TreeStore& trees, Team& team) {
  const std::vector<bool> needed = ChunkPlan::StagesFor(trees, job.queries);
  int64_t mine = 0;
  for (int stage = 0; stage < trees.num_stages(); ++stage) {
    if (trees.Has(stage)) mine |= int64_t{1} << stage;
  }
  int64_t any = 0;
  for (const int64_t stages : team.Share(mine)) any |= stages;
  double seconds = 0;
  for (int stage = 0; stage < trees.num_stages(); ++stage) {
    if (!needed[stage]) continue;
    const bool together = (any >> stage & 1) == 0;
    trees.Get(stage, {job.settings.threads, together ? &team : nullptr}, job.monitor, seconds);
  }
}

// Appends the places of some queries in the results.
void AppendSlots(const QuerySet& queries, std::span<const int64_t> which, QueryBlock& block,
                 std::vector<int64_t>& slots) {
  constexpr size_t kAtOnce = 1024;
  for (size_t first = 0; first < which.size(); first += kAtOnce) {
    queries.LoadPlaces(which.subspan(first, std::min(kAtOnce, which.size() - first)), block);
    slots.insert(slots.end(), block.slot.begin(), block.slot.end());
  }
}

void OrderByChunks(const SearchJob& job, TreeStore& trees, SharedPlan& shared) {
  SearchSettings settings = job.settings;
  settings.strategy = RESIDUAL_KNN_DUAL_TREE;
  const ChunkPlan plan({job.model, job.queries, settings, job.results, job.monitor, nullptr},
                       trees);
  const auto size = static_cast<size_t>(job.queries.size());
  shared.order.reserve(size);
  shared.begins.assign(size, 0);
  QueryBlock block;
  AppendSlots(job.queries, plan.brute(), block, shared.order);
  for (const Chunk& chunk : plan.chunks()) {
    shared.begins[shared.order.size()] = 1;
    AppendSlots(job.queries, chunk.Queries(), block, shared.order);
  }
}

void OrderByPairs(const QuerySet& queries, SharedPlan& shared) {
  std::vector<int64_t> which(static_cast<size_t>(queries.size()));
  std::iota(which.begin(), which.end(), int64_t{0});
  std::stable_sort(which.begin(), which.end(),
                   [&](int64_t a, int64_t b) { return queries.Pairs(a) > queries.Pairs(b); });
  shared.order.reserve(which.size());
  shared.begins.assign(which.size(), 1);
  QueryBlock block;
  AppendSlots(queries, which, block, shared.order);
}

}  // namespace

SharedPlan PrepareTogether(const SearchJob& job, Prepared& prepared, Team& team) {
  SharedPlan plan;
  plan.strategy = job.settings.strategy;
  plan.reason = SharedPlan::kReasonOfParts;
  bool scan = true;
  if (job.settings.ranking != Ranking::kScaledDistance) {
    int64_t pairs = 0;
    for (int64_t i = 0; i < job.queries.size(); ++i) pairs += job.queries.Pairs(i);
    const SearchWay way = ChooseWay(job, prepared, pairs);
    scan = way.scan;
    plan.reason = way.reason;
    if (scan) plan.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  }
  if (scan) {
    OrderByPairs(job.queries, plan);
    return plan;
  }
  BuildTrees(job, prepared.trees(), team);
  OrderByChunks(job, prepared.trees(), plan);
  return plan;
}

}  // namespace residual_knn
