// The options that say what an index is made of: points, model, inducing points and order. `residual-knn neighbors` and
// `residual-knn index` have them in common.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "residual_knn.h"
#include "tools/csv_options.h"
#include "tools/option_values.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace residual_knn::cli {

// As the number of inducing points, this means that the program computes the number from the points.
inline constexpr int64_t kInducingByPoints = -1;

// As the order: maximin in the residual distance. It is none of enum residual_knn_ordering, because it needs an index.
inline constexpr int32_t kResidualMaximin = -1;

struct IndexOptions {
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

  int32_t order = RESIDUAL_KNN_ORDER_GIVEN;
  bool is_ordered = false;  // the index has its points in this order

  int64_t base = 0;
  int64_t threads = 0;
  int64_t memory_limit = 0;  // bytes; 0: none
  std::string write_inducing;
  std::string write_order;
  bool quiet = false;
};

// Whether the run needs the order of the points.
inline bool UsesOrder(const IndexOptions& options) {
  return options.is_ordered || !options.write_order.empty();
}

// The words of --kernel.
std::span<const Choice> KernelChoices();

// The functions below declare options. Parsing fills `options`, which must outlive the app.

CLI::Option* AddPointsFile(CLI::App& command, IndexOptions* options);
void AddColumnOptions(CLI::App& command, IndexOptions* options);
void AddModelOptions(CLI::App& command, IndexOptions* options);
void AddInducingOptions(CLI::App& command, IndexOptions* options);
// `purpose` begins the help of --order.
void AddOrderOption(CLI::App& command, const std::string& purpose, const std::string& group,
                    IndexOptions* options);
void AddThreadsOption(CLI::App& command, const std::string& group, IndexOptions* options);
void AddMemoryOption(CLI::App& command, const std::string& group, IndexOptions* options);
// `where`: what has row numbers.
void AddBaseOption(CLI::App& command, const std::string& where, const std::string& group,
                   IndexOptions* options);
void AddChoiceOutputs(CLI::App& command, const std::string& group, IndexOptions* options);
void AddQuietOption(CLI::App& command, const std::string& group, IndexOptions* options);

// The names of the options that are decided when an index is made.
std::span<const char* const> NamesOfIndexOptions();

// Throws a CLI::ParseError if a given option suits only some choices of other options, and `fits` is false.
void CheckOnlyFor(const CLI::App& command, const std::string& option, bool fits,
                  const std::string& choice);

// Throws a CLI::ParseError for options of an index that are missing or contradict each other.
void CheckIndexOptions(const CLI::App& command, const IndexOptions& options);

}  // namespace residual_knn::cli
