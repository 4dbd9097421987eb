#include "scan/double_scan.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/assert.h"
#include "blas/blas.h"
#include "model/callback_covariance.h"
#include "model/product_error.h"
#include "scan/block_search.h"
#include "scan/first_candidates.h"
#include "score/candidate_list.h"
#include "score/canonical_score.h"
#include "score/degenerate_query.h"
#include "score/keep_others.h"
#include "score/start_thresholds.h"
#include "simd/screen.h"

namespace residual_knn {
namespace {

// Measured: large enough that packing the operands is a small part of the matrix product, small enough that the tile
// stays in the last-level cache until it is screened.
constexpr int64_t kTileQueries = 512;
constexpr int64_t kTileCandidates = 1024;
// Largest number of multiplications of one tile: some 10 ms, so that a cancelled search returns soon.
constexpr int64_t kTileWork = 300'000'000;

struct Tiling {
  int64_t queries;
  int64_t candidates;
  int64_t blocks;  // of queries
};

Tiling ChooseTiling(const SearchSettings& settings, const ResidualModel& model,
                    int64_t num_queries) {
  // A caller may set any numbers.
  Tiling tiling{std::min(settings.tile_queries, num_queries),
                std::min(settings.tile_candidates, model.n()), 0};
  // One coordinate of one pair costs about as much as ten multiplications of the product.
  const int64_t work = model.m() + 10 * model.d() + 1;
  if (tiling.candidates == 0) {
    tiling.candidates = std::clamp<int64_t>(kTileWork / (work * kTileQueries), 32, kTileCandidates);
  }
  if (tiling.queries == 0) {
    const int64_t most = std::clamp<int64_t>(
        std::min(CandidateList::MostAtOnce(settings.k), kTileWork / (work * tiling.candidates)), 1,
        kTileQueries);
    // Every worker gets the same number of blocks, all of about the same size.
    const int64_t rounds = (num_queries + most * settings.threads - 1) / (most * settings.threads);
    const int64_t blocks = std::max<int64_t>(rounds, 1) * settings.threads;
    tiling.queries = std::max<int64_t>((num_queries + blocks - 1) / blocks, 1);
  }
  // Even if a caller sets them, tiles take at most some hundredths of a second. This also limits their memory.
  const int64_t most_pairs = std::max<int64_t>(2 * kTileWork / work, 1);
  tiling.candidates = std::clamp<int64_t>(tiling.candidates, 1, most_pairs);
  const int64_t most_queries =
      std::min({std::max<int64_t>(num_queries, 1), CandidateList::MostAtOnce(settings.k),
                std::max<int64_t>(most_pairs / tiling.candidates, 1)});
  tiling.queries = std::clamp<int64_t>(tiling.queries, 1, most_queries);
  tiling.blocks = (num_queries + tiling.queries - 1) / tiling.queries;
  return tiling;
}

// One worker: its scratch memory is reused from block to block.
class Worker {
 public:
  // inverse_deviations: 1 / sqrt(p) of all rows, NaN for rows that the screen leaves out.
  Worker(const SearchJob& job, const ScanAids& aids, const double* inverse_deviations,
         const Tiling& tiling, int index)
      : job_(job),
        model_(job.model),
        settings_(job.settings),
        monitor_(job.monitor, index),
        inverse_deviations_(inverse_deviations),
        tiling_(tiling),
        scorer_(job.model, job.settings.ranking),
        first_(job.model, aids.neighborhoods),
        start_(job) {}

  void SearchBlock(std::span<const int64_t> which) {
    Prepare();
    const auto count = static_cast<int64_t>(which.size());
    job_.queries.Load(which, block_, monitor_);
    if (monitor_.Stopped()) return;
    RESIDUAL_KNN_ASSERT(std::is_sorted(block_.limit.begin(), block_.limit.end()));
    RESIDUAL_KNN_ASSERT(count <= tiling_.queries);
    for (int64_t q = 0; q < count; ++q) {
      if (block_.inverse_deviation[q] > 0) {
        lists_[q].Start(settings_, {block_, q, job_.results}, ErrorOfProducts(q));
        if (!AsksCallback()) AppendFirst(q);
        if (!monitor_.GoOn()) return;
      }
    }
    for (int64_t begin = 0; begin < block_.largest_limit; begin += tiling_.candidates) {
      if (!monitor_.GoOn()) return;
      const int64_t end = std::min(begin + tiling_.candidates, block_.largest_limit);
      SearchTile(begin, end);
      if (begin == 0 && AsksCallback()) AppendFirstRowsAsked();
      monitor_.Advance(PairsOf(begin, end));
    }
    for (int64_t q = 0; q < count && monitor_.GoOn(); ++q) WriteResult(q);
  }

  [[nodiscard]] const SearchCounts& counts() const { return counts_; }

 private:
  void Prepare() {
    if (!lists_.empty()) return;
    lists_.resize(static_cast<size_t>(tiling_.queries));
    met_.resize(lists_.size());
    const int64_t width = std::min(tiling_.candidates, model_.n());
    const auto tile = static_cast<size_t>(tiling_.queries * width + kScreenSlack);
    products_.assign(tile, 0.0);
    if (model_.covariance() == nullptr) covariances_.assign(tile, 0.0);
    rows_.resize(static_cast<size_t>(width + kScreenSlack));
    scores_.resize(rows_.size());
    survivor_covariances_.resize(rows_.size());
    columns_.resize(static_cast<size_t>(width));
  }

  [[nodiscard]] double ErrorOfProducts(int64_t q) const {
    return ScreenError(model_.m(), block_.norm[q], model_.largest_norm());
  }

  void AppendFirst(int64_t q) {
    scorer_.SetQuery(block_, q);
    start_.Raise(block_, q, scorer_, lists_[q], counts_);
    const int64_t scored = first_.AppendAround(block_, q, FirstCandidates::Least(settings_.k),
                                               scorer_, lists_[q], met_[q]) +
                           first_.AppendFirstRows(block_, q, settings_.k, scorer_, lists_[q]);
    counts_.AddCanonical(scored);
  }

  [[nodiscard]] bool AsksCallback() const { return model_.covariance() == nullptr; }

  // Appends the first rows for the queries that still need them after the first tile.
  void AppendFirstRowsAsked() {
    bool asked = false;
    for (int64_t q = 0; q < block_.count; ++q) {
      if (block_.inverse_deviation[q] == 0 || !lists_[q].NeedsFirstRows()) continue;
      if (!asked) first_.AskFirstRows(block_, settings_.k);
      asked = true;
      scorer_.SetQuery(block_, q);
      const int64_t scored = first_.AppendFirstRows(block_, q, settings_.k, scorer_, lists_[q]);
      counts_.AddCanonical(scored);
    }
  }

  [[nodiscard]] int64_t PairsOf(int64_t begin, int64_t end) const {
    int64_t pairs = 0;
    for (int64_t q = 0; q < block_.count; ++q) {
      const int64_t last = std::min(end, block_.limit[q]);
      const bool has_self = block_.self[q] >= begin && block_.self[q] < last;
      pairs += std::max<int64_t>(last - begin, 0) - (has_self ? 1 : 0);
    }
    return pairs;
  }

  void SearchTile(int64_t begin, int64_t end) {
    // Predecessor queries are in ascending order: those at the front may have no candidates here.
    int64_t first = 0;
    while (first < block_.count && block_.limit[first] <= begin) ++first;
    const int64_t width = end - begin;
    const int64_t m = model_.m();
    Pace pace(monitor_);
    const double* rows = scorer_.factor_rows().Range(begin, width, &pace);
    blas::MultiplyTransposed(block_.v + first * m, block_.count - first, rows, width, m,
                             products_.data());
    counts_.pairs_scored += (block_.count - first) * width;
    ScreenTile tile;
    tile.inverse_deviation = inverse_deviations_;
    CovarianceView view;
    if (model_.covariance() != nullptr) {
      view = model_.covariance()->view();
      tile.covariance = &view;
      tile.points = ViewOf(model_.points());
    } else {
      AskCovariances(first, begin, width);
    }
    for (int64_t q = first; q < block_.count; ++q) {
      if (block_.inverse_deviation[q] == 0) continue;
      const int64_t count = std::min(end, block_.limit[q]) - begin;
      ScreenQuery query;
      query.point = block_.points.data() + q * model_.d();
      query.signed_ranking = settings_.ranking == Ranking::kSigned;
      query.error = ErrorOfProducts(q);
      for (int64_t done = 0; done < count;) {
        query.threshold = lists_[q].threshold();
        tile.first = begin + done;
        tile.count = lists_[q].AtOnce(count - done);
        const int64_t offset = (q - first) * width + done;
        query.products = products_.data() + offset;
        if (!covariances_.empty()) query.covariances = covariances_.data() + offset;
        const ScreenSurvivors survivors{rows_.data(), scores_.data(), survivor_covariances_.data()};
        const size_t kept =
            KeepOthers(survivors, Screen(tile, query, survivors), {}, block_.self[q], met_[q]);
        if (kept > 0) AppendSurvivors(q, kept);
        done += tile.count;
      }
    }
  }

  void AppendSurvivors(int64_t q, size_t found) {
    scorer_.SetQuery(block_, q);
    counts_.pairs_rescored += lists_[q].Append(
        {{rows_.data(), found}, {scores_.data(), found}, {survivor_covariances_.data(), found}},
        model_.inverse_deviation(), scorer_);
  }

  void AskCovariances(int64_t first, int64_t begin, int64_t width) {
    std::iota(columns_.begin(), columns_.begin() + width, begin);
    const auto rows = static_cast<size_t>(block_.count - first);
    residual_knn::AskCovariances(model_.callback(), {block_.callback_row.data() + first, rows},
                                 {columns_.data(), static_cast<size_t>(width)},
                                 covariances_.data());
  }

  void WriteResult(int64_t q) {
    if (block_.inverse_deviation[q] > 0) {
      scorer_.SetQuery(block_, q);
      job_.results.Write(block_, q, lists_[q].Finish(scorer_, counts_.pairs_rescored));
      return;
    }
    WriteDegenerate(block_, q, settings_, degenerate_, job_.results);
  }

  const SearchJob job_;
  const ResidualModel& model_;
  const SearchSettings& settings_;
  ThreadMonitor monitor_;
  const double* inverse_deviations_;
  const Tiling& tiling_;
  CanonicalScorer scorer_;
  FirstCandidates first_;
  StartThresholds start_;
  QueryBlock block_;
  std::vector<CandidateList> lists_;
  std::vector<std::vector<int64_t>> met_;  // rows that were scored before the tiles
  AlignedVector products_;
  AlignedVector covariances_;
  std::vector<int64_t> rows_;
  std::vector<double> scores_;
  std::vector<double> survivor_covariances_;
  std::vector<int64_t> columns_;
  std::vector<Neighbor> degenerate_;
  SearchCounts counts_;
};

}  // namespace

SearchStatistics SearchInDouble(const SearchJob& job, const ScanAids& aids,
                                std::span<const int64_t> which) {
  const ResidualModel& model = job.model;
  const Tiling tiling = ChooseTiling(job.settings, model, std::ssize(which));
  SearchStatistics statistics;
  statistics.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  statistics.threads =
      static_cast<int>(std::clamp<int64_t>(tiling.blocks, 1, job.settings.threads));
  std::vector<double> masked;
  const double* inverse_deviations =
      aids.Masked(model.inverse_deviation(), model.n() + kScreenSlack, masked);
  std::vector<Worker> workers;
  workers.reserve(static_cast<size_t>(statistics.threads));
  for (int i = 0; i < statistics.threads; ++i)
    workers.emplace_back(job, aids, inverse_deviations, tiling, i);
  statistics.scan_seconds = SearchBlocks(workers, which, tiling.queries, job.monitor);
  for (const Worker& worker : workers) statistics.Add(worker.counts());
  return statistics;
}

}  // namespace residual_knn
