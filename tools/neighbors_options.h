// The options of `residual-knn neighbors`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "residual_knn.h"
#include "tools/index_options.h"
#include "tools/option_values.h"
#include "tools/query_range.h"

namespace CLI {
class App;
}  // namespace CLI

namespace residual_knn::cli {

// As the number of candidates of a query, this means that the library chooses it.
inline constexpr int64_t kUsualCandidates = 0;

// As the number of queries in a chunk, this means that the program chooses it.
inline constexpr int64_t kUsualChunk = 0;

struct NeighborsOptions : IndexOptions {
  // A saved index, in place of points and of what an index is made of; empty: none.
  std::string index;

  int64_t k = 30;
  bool k_given = false;
  bool predecessors = false;
  int32_t ranking = RESIDUAL_KNN_ABSOLUTE;
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

  int64_t chunk = kUsualChunk;
  bool resume = false;
  std::string stats;
  std::string output = "-";
  std::string weights;
  std::string variances;
  std::string pick_variances;
  double weights_jitter = 0;
  [[nodiscard]] bool HasWeights() const { return !weights.empty() || !variances.empty(); }
};

// The words of --selection.
std::span<const Choice> SelectionChoices();

// The words of --strategy: the library's names.
std::span<const Choice> StrategyChoices();

// Declares the options. Parsing fills `options`, which must outlive the app, and throws a CLI::ParseError for options
// that contradict each other.
void AddNeighborsOptions(CLI::App& command, NeighborsOptions* options);

}  // namespace residual_knn::cli
