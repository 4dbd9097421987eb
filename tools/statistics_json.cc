#include "tools/statistics_json.h"

#include <array>
#include <nlohmann/json.hpp>

#include "tools/option_values.h"

namespace residual_knn::cli {
namespace {

using Json = nlohmann::ordered_json;

// The levels of residual_knn_info::residual_share.
constexpr std::array<const char*, 7> kLevels = {"0", "0.01", "0.05", "0.5", "0.95", "0.99", "1"};

Json ModelOf(const NeighborsOptions& options, const std::vector<std::string>& coordinates) {
  Json model;
  model["kernel"] = ChoiceWord(KernelChoices(), options.kernel);
  if (options.kernel == RESIDUAL_KNN_MATERN) model["nu"] = options.nu;
  if (options.kernel == RESIDUAL_KNN_RATIONAL_QUADRATIC) model["alpha"] = options.alpha;
  model["variance"] = options.variance;
  model["lengthscale"] = options.lengthscales;
  model["nugget"] = options.nugget;
  model["coordinates"] = coordinates;
  return model;
}

Json IndexOf(const NeighborsOptions& options, const residual_knn_info& info) {
  Json index;
  if (!options.index.empty()) index["file"] = options.index;
  index["n"] = info.n;
  index["d"] = info.d;
  index["m"] = info.m;
  if (info.given_factor != 0) index["given_factor"] = true;  // m is then the number of columns of V
  index["degenerate_points"] = info.degenerate_points;
  index["bytes"] = info.bytes;
  index["build_seconds"] = info.build_seconds;
  index["jitter"] = info.jitter;
  Json share;
  for (size_t i = 0; i < kLevels.size(); ++i) share[kLevels[i]] = info.residual_share[i];
  index["residual_share"] = share;
  return index;
}

}  // namespace

std::string StatisticsJson(const NeighborsOptions& options,
                           const std::vector<std::string>& coordinates,
                           const residual_knn_info& info, const SearchReport& report) {
  const residual_knn_statistics& statistics = report.statistics;
  Json all;
  all["version"] = residual_knn_version();
  all["simd_target"] = residual_knn_simd_target();
  all["blas"] = residual_knn_blas();
  all["strategy"] = ChoiceWord(StrategyChoices(), statistics.strategy);
  all["reason"] = residual_knn_reason_string(statistics.reason);
  all["threads"] = statistics.threads;
  all["queries"] = statistics.queries;
  if (!options.slice.IsWhole()) {
    all["slice"] = SliceText(options.slice);
    all["first_query"] = report.range.begin;
  }
  if (options.resume) all["resumed_queries"] = report.resumed_queries;
  if (options.threshold) {
    all["threshold"] = *options.threshold;
  } else {
    all["k"] = options.k;
  }
  all["predecessors"] = options.predecessors;
  all["pairs"] = statistics.pairs;
  all["pairs_scored"] = statistics.pairs_scored;
  all["pairs_rescored"] = statistics.pairs_rescored;
  all["pivots_scored"] = statistics.pivots_scored;
  all["pivots_coupled"] = statistics.pivots_coupled;
  all["blocks_bounded"] = statistics.blocks_bounded;
  all["blocks_dismissed"] = statistics.blocks_dismissed;
  all["points_bounded"] = statistics.points_bounded;
  all["survivors"] = statistics.survivors;
  all["scored_in_low_precision"] = statistics.scored_in_low_precision;
  all["selection"] = ChoiceWord(SelectionChoices(), options.selection);
  all["candidates"] = statistics.candidates;
  all["uninformative_picks"] = statistics.uninformative_picks;
  all["uninformative_queries"] = statistics.uninformative_queries;
  all["nearest_lengthscales"] = statistics.nearest_lengthscales;
  all["coarse_queries"] = statistics.coarse_queries;
  all["coarse_blocks"] = statistics.coarse_blocks;
  all["tree_seconds"] = statistics.tree_seconds;
  all["seconds"] = statistics.seconds;
  all["model"] = ModelOf(options, coordinates);
  all["index"] = IndexOf(options, info);
  // Column names may hold bytes that are not UTF-8.
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace residual_knn::cli
