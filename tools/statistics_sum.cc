#include "tools/statistics_sum.h"

#include <algorithm>

namespace residual_knn::cli {
namespace {

// The strategy of most pairs, with its reason. `sum` has the pairs of the earlier calls only.
void TakeStrategy(const residual_knn_statistics& call, residual_knn_statistics* sum) {
  if (sum->queries > 0 && call.pairs <= sum->pairs) return;
  sum->strategy = call.strategy;
  sum->reason = call.reason;
}

// What describes single queries: the first that is too coarse, and typical ones of the last call that measured them.
void TakeSingleQueries(const residual_knn_statistics& call, int64_t first_query,
                       residual_knn_statistics* sum) {
  if (sum->coarse_queries == 0 && call.coarse_queries > 0) {
    sum->coarse_query = call.coarse_query + first_query;
    sum->coarse_coordinate = call.coarse_coordinate;
    sum->coarse_value = call.coarse_value;
    sum->coarse_lengthscale = call.coarse_lengthscale;
  } else if (sum->queries == 0) {
    sum->coarse_query = call.coarse_query;
    sum->coarse_coordinate = call.coarse_coordinate;
  }
  if (call.nearest_lengthscales > 0) sum->nearest_lengthscales = call.nearest_lengthscales;
}

}  // namespace

void AddStatistics(const residual_knn_statistics& call, int64_t first_query,
                   residual_knn_statistics* sum) {
  TakeStrategy(call, sum);
  TakeSingleQueries(call, first_query, sum);
  sum->threads = std::max(sum->threads, call.threads);
  sum->coarse_blocks = std::max(sum->coarse_blocks, call.coarse_blocks);
  sum->queries += call.queries;
  sum->pairs += call.pairs;
  sum->pairs_scored += call.pairs_scored;
  sum->pairs_rescored += call.pairs_rescored;
  sum->seconds += call.seconds;
  sum->tree_seconds += call.tree_seconds;
  sum->pivots_scored += call.pivots_scored;
  sum->pivots_coupled += call.pivots_coupled;
  sum->blocks_bounded += call.blocks_bounded;
  sum->blocks_dismissed += call.blocks_dismissed;
  sum->points_bounded += call.points_bounded;
  sum->survivors += call.survivors;
  sum->scored_in_low_precision += call.scored_in_low_precision;
  sum->uninformative_queries += call.uninformative_queries;
  sum->coarse_queries += call.coarse_queries;
  sum->candidates += call.candidates;
  sum->uninformative_picks += call.uninformative_picks;
}

}  // namespace residual_knn::cli
