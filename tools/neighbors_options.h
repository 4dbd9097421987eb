// The options of `residual-knn neighbors`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "residual_knn.h"
#include "tools/csv_options.h"
#include "tools/option_values.h"
#include "tools/query_range.h"

namespace CLI {
class App;
}  // namespace CLI

namespace residual_knn::cli {

// As the number of inducing points, this means that the program computes the number from the points.
inline constexpr int64_t kInducingByPoints = -1;

// As the number of candidates of a query, this means that the library chooses it.
inline constexpr int64_t kUsualCandidates = 0;

// As the number of queries in a chunk, this means that the program chooses it.
inline constexpr int64_t kUsualChunk = 0;

// As the order: maximin in the residual distance. It is none of enum residual_knn_ordering, because it needs an index.
inline constexpr int32_t kResidualMaximin = -1;

struct NeighborsOptions {
  std::string points;
  // Without a value: all columns, or none if lonlat is given.
  std::optional<std::vector<std::string>> columns;
  std::vector<std::string> lonlat;
  CsvOptions csv;

  int32_t kernel = RESIDUAL_KNN_MATERN32;
  double nu = 1.5;
  double alpha = 1;
  double variance = 1;
  // Empty: computed from the points. The user must request this by "auto", because the units are not known.
  std::vector<double> lengthscales;
  double nugget = 0;
  double jitter = 1e-8;
  double max_jitter = 0;

  int64_t inducing = kInducingByPoints;
  int32_t inducing_method = RESIDUAL_KNN_KMEANS;
  std::string inducing_points;
  uint64_t seed = 1;

  int64_t k = 30;
  bool k_given = false;
  bool predecessors = false;
  int32_t ranking = RESIDUAL_KNN_ABSOLUTE;
  int32_t order = RESIDUAL_KNN_ORDER_GIVEN;
  std::string queries;
  std::string groups;
  // Set: all candidates with |rho| of at least this, and not the k nearest.
  std::optional<double> threshold;
  std::string new_points;
  int32_t strategy = RESIDUAL_KNN_AUTOMATIC;
  int32_t selection = RESIDUAL_KNN_SELECT_NEAREST;
  int64_t candidates = kUsualCandidates;
  std::string candidate_lists;
  std::string start;
  Slice slice;

  int64_t base = 0;
  int64_t threads = 0;
  int64_t memory_limit = 0;  // bytes; 0: none
  int64_t chunk = kUsualChunk;
  bool resume = false;
  std::string stats;
  std::string output = "-";
  std::string write_inducing;
  std::string write_order;
  std::string weights;
  std::string variances;
  std::string pick_variances;
  double weights_jitter = 0;
  bool quiet = false;
};

// Whether the run needs the order of the points.
inline bool UsesOrder(const NeighborsOptions& options) {
  return options.predecessors || !options.write_order.empty();
}

// The words of --kernel.
std::span<const Choice> KernelChoices();

// The words of --selection.
std::span<const Choice> SelectionChoices();

// The words of --strategy: the library's names.
std::span<const Choice> StrategyChoices();

// Declares the options. Parsing fills `options`, which must outlive the app, and throws a CLI::ParseError for options
// that contradict each other.
void AddNeighborsOptions(CLI::App& command, NeighborsOptions* options);

}  // namespace residual_knn::cli
