#include "descent/chunk_plan.h"

#include <algorithm>
#include <tuple>

#include "score/candidate_list.h"

namespace residual_knn {
namespace {

// A query with at most this many candidates is answered fast enough without a tree.
constexpr int64_t kFewCandidates = 1024;

}  // namespace

int64_t ChunkPlan::MostInChunk(const SearchSettings& settings) {
  return std::min(CandidateList::MostAtOnce(settings.k), kMost);
}

int ChunkPlan::StageFor(const TreeStore& trees, int64_t limit) {
  int stage = 0;
  while (stage + 1 < trees.num_stages() && limit < trees.size(stage + 1)) ++stage;
  const bool few = stage + 1 == trees.num_stages() && limit <= kFewCandidates;
  return few ? kNoStage : stage;
}

std::vector<bool> ChunkPlan::StagesFor(const TreeStore& trees, const QuerySet& queries) {
  std::vector<bool> serves(static_cast<size_t>(trees.num_stages()));
  for (int64_t i = 0; i < queries.size(); ++i) {
    const int stage = StageFor(trees, queries.Limit(i));
    if (stage != kNoStage) serves[stage] = true;
  }
  return serves;
}

ChunkPlan::ChunkPlan(const SearchJob& job, TreeStore& trees)
    : job_(job), stages_(static_cast<size_t>(trees.num_stages())) {
  for (int64_t i = 0; i < job.queries.size(); ++i) {
    const int stage = StageFor(trees, job.queries.Limit(i));
    (stage == kNoStage ? brute_ : stages_[stage]).push_back(i);
  }
  for (int stage = 0; stage < trees.num_stages(); ++stage) {
    if (stages_[stage].empty()) continue;
    const ResidualTree& tree = trees.Get(stage, job.settings.threads, job.monitor, tree_seconds_);
    coarse_blocks_ = std::max(coarse_blocks_, tree.level(tree.top()).size());
    SortInto(tree, stages_[stage]);
    Cut(tree, stages_[stage]);
  }
}

void ChunkPlan::SortInto(const ResidualTree& tree, std::vector<int64_t>& stage) {
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
  std::vector<double> point(static_cast<size_t>(job_.model.d()));
  for (const int64_t query : stage) {
    // A query that single precision does not suit would force double precision on its whole chunk. So such queries are
    // sorted apart.
    const bool single = FitsSingle(tree, query);
    const int64_t row = job_.queries.RowOf(query);
    if (row < 0 || row >= tree.size()) {
      job_.queries.CopyPoint(query, point.data());
      const int64_t leaf = tree.order().LeafOf(point.data());
      keys.push_back({single, tree.order().Begin(tree.order().depth(), leaf), query});
    } else if (tree.position(row) >= 0) {
      keys.push_back({single, tree.position(row), query});
    } else {
      brute_.push_back(query);
    }
  }
  std::sort(keys.begin(), keys.end());
  stage.clear();
  for (const Key& key : keys) stage.push_back(key.query);
}

bool ChunkPlan::FitsSingle(const ResidualTree& tree, int64_t query) const {
  const int64_t row = job_.queries.RowOf(query);
  return row < 0 || tree.margins().FitsSingle(job_.model.inverse_deviation()[row]);
}

void ChunkPlan::Cut(const ResidualTree& tree, const std::vector<int64_t>& stage) {
  const SearchSettings& settings = job_.settings;
  const auto total = static_cast<int64_t>(stage.size());
  const int64_t tasks = int64_t{4} * settings.threads;
  const int64_t fair = (total + tasks - 1) / tasks;
  const int64_t most = std::clamp<int64_t>(fair, 1, MostInChunk(settings));
  const bool coupled = settings.strategy == RESIDUAL_KNN_DUAL_TREE && tree.top() > 0;
  int64_t first = 0;
  int64_t home = -1;
  for (int64_t i = 0; i <= total; ++i) {
    int64_t own = -1;
    const int64_t row = i < total ? job_.queries.RowOf(stage[i]) : -1;
    // Rows beyond a tree may be queries of it if their candidates are limited to fewer rows.
    if (coupled && row >= 0 && row < tree.size()) {
      own = tree.BlockOf(tree.top(), tree.order().LeafAt(tree.position(row)));
    }
    const bool turned =
        i > first && i < total && !FitsSingle(tree, stage[i - 1]) && FitsSingle(tree, stage[i]);
    if (i > first && (i == total || i - first == most || own != home || turned)) {
      chunks_.push_back({&tree, &stage, first, i - first, home});
      first = i;
    }
    home = own;
  }
}

}  // namespace residual_knn
