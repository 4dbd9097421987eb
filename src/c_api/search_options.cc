#include "c_api/search_options.h"

#include <iterator>
#include <string>

#include "c_api/arguments.h"
#include "c_api/caller_struct.h"
#include "c_api/index_handle.h"

namespace residual_knn {
namespace {

// By the values of enum residual_knn_ranking.
constexpr Ranking kRankings[] = {Ranking::kAbsolute, Ranking::kSigned, Ranking::kScaledDistance};

void RequireDefault(bool is_default, const char* option, const char* reason) {
  if (is_default) return;
  ThrowInvalid(std::string(option) + " must have its default: " + reason);
}

}  // namespace

residual_knn_search_options ReadSearchOptions(const residual_knn_index* index,
                                              const residual_knn_search_options* given) {
  RequirePointer(index, "index");
  RequireUsable(*index);
  return ReadOptions(given, residual_knn_search_options{}, "residual_knn_search_options");
}

void CheckStatistics(const residual_knn_statistics* statistics) {
  if (statistics == nullptr) return;
  CheckStructSize(statistics->struct_size, "residual_knn_statistics");
}

SearchSettings ReadSettings(const residual_knn_search_options& options, int64_t k) {
  RequireEnum(options.ranking, std::ssize(kRankings), "ranking", "residual_knn_ranking");
  RequireEnum(options.strategy, RESIDUAL_KNN_DUAL_TREE + 1, "strategy", "residual_knn_strategy");
  RequireAtLeast(options.tile_queries, 0, "tile_queries");
  RequireAtLeast(options.tile_candidates, 0, "tile_candidates");
  SearchSettings settings;
  settings.k = k;
  settings.ranking = kRankings[options.ranking];
  settings.strategy = options.strategy;
  settings.threads = CheckedThreads(options.threads);
  settings.tile_queries = options.tile_queries;
  settings.tile_candidates = options.tile_candidates;
  return settings;
}

void RequireNoSelection(const residual_knn_search_options& options, const char* reason) {
  RequireDefault(options.selection == RESIDUAL_KNN_SELECT_NEAREST, "selection", reason);
  RequireDefault(options.residual_candidates == 0, "residual_candidates", reason);
  RequireDefault(options.scaled_candidates == 0, "scaled_candidates", reason);
}

void RequireNoLists(const residual_knn_search_options& options, const char* reason) {
  RequireDefault(options.reserved == 0, "reserved", reason);
  RequireDefault(options.candidate_offsets == nullptr, "candidate_offsets", reason);
  RequireDefault(options.candidate_rows == nullptr, "candidate_rows", reason);
  RequireDefault(options.candidate_rows_int32 == nullptr, "candidate_rows_int32", reason);
  RequireDefault(options.conditional_variances == nullptr, "conditional_variances", reason);
  RequireDefault(options.start_k == 0, "start_k", reason);
  RequireDefault(options.start == nullptr, "start", reason);
  RequireDefault(options.start_int32 == nullptr, "start_int32", reason);
  RequireNoSink(options, reason);
}

void RequireNoSink(const residual_knn_search_options& options, const char* reason) {
  RequireDefault(options.sink == nullptr, "sink", reason);
  RequireDefault(options.sink_queries == 0, "sink_queries", reason);
  RequireDefault(options.sink_order == 0, "sink_order", reason);
  RequireDefault(options.sink_reserved == 0, "sink_reserved", reason);
}

void RequireRankingOf(const ResidualModel& model, Ranking ranking) {
  if (ranking != Ranking::kScaledDistance || model.covariance() != nullptr) return;
  throw Error(RESIDUAL_KNN_ERROR_UNSUPPORTED,
              "ranking is scaled distance, but an index with a covariance callback has no "
              "coordinates; use the absolute or the signed ranking");
}

void RequireCorrelation(Ranking ranking, const char* why) {
  if (ranking != Ranking::kScaledDistance) return;
  ThrowInvalid(std::string("ranking is scaled distance, but ") + why +
               "; use the absolute or the signed ranking");
}

void WriteStatistics(const SearchStatistics& done, const ReportFrame& frame,
                     residual_knn_statistics* statistics) {
  if (statistics == nullptr) return;
  residual_knn_statistics record{};
  record.strategy = done.strategy;
  record.threads = done.threads;
  record.queries = frame.num_queries;
  record.pairs = done.pairs;
  record.pairs_scored = done.pairs_scored;
  record.pairs_rescored = done.pairs_rescored;
  record.reason = done.reason;
  record.coarse_blocks = static_cast<int32_t>(done.coarse_blocks);
  record.tree_seconds = done.tree_seconds;
  record.pivots_scored = done.pivots_scored;
  record.pivots_coupled = done.pivots_coupled;
  record.blocks_bounded = done.blocks_bounded;
  record.blocks_dismissed = done.blocks_dismissed;
  record.points_bounded = done.points_bounded;
  record.survivors = done.survivors;
  record.scored_in_low_precision = done.scored_in_low_precision;
  record.uninformative_queries = done.uninformative_queries;
  record.nearest_lengthscales = done.nearest_lengthscales;
  record.coarse_queries = done.coarse_queries.count;
  const bool any_coarse = done.coarse_queries.count > 0;
  record.coarse_query = any_coarse ? done.coarse_queries.row + frame.message_base : -1;
  record.coarse_coordinate = any_coarse ? done.coarse_queries.coordinate + frame.message_base : -1;
  record.coarse_value = done.coarse_queries.value;
  record.coarse_lengthscale = done.coarse_queries.lengthscale;
  record.candidates = done.candidates;
  record.uninformative_picks = done.uninformative_picks;
  record.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - frame.start).count();
  WriteRecord(record, statistics);
}

}  // namespace residual_knn
