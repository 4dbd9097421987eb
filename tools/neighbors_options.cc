#include "tools/neighbors_options.h"

#include <array>
#include <limits>

#include "tools/number_text.h"

namespace residual_knn::cli {
namespace {

constexpr std::array<Choice, 6> kKernels = {{
    {"squared-exponential", RESIDUAL_KNN_SQUARED_EXPONENTIAL},
    {"matern12", RESIDUAL_KNN_MATERN12},
    {"matern32", RESIDUAL_KNN_MATERN32},
    {"matern52", RESIDUAL_KNN_MATERN52},
    {"matern", RESIDUAL_KNN_MATERN},
    {"rational-quadratic", RESIDUAL_KNN_RATIONAL_QUADRATIC},
}};

// What others call them, for "did you mean".
constexpr std::array<Choice, 7> kKernelNames = {{
    {"gaussian", RESIDUAL_KNN_SQUARED_EXPONENTIAL},
    {"rbf", RESIDUAL_KNN_SQUARED_EXPONENTIAL},
    {"se", RESIDUAL_KNN_SQUARED_EXPONENTIAL},
    {"exponential", RESIDUAL_KNN_MATERN12},
    {"matern0.5", RESIDUAL_KNN_MATERN12},
    {"matern1.5", RESIDUAL_KNN_MATERN32},
    {"matern2.5", RESIDUAL_KNN_MATERN52},
}};

constexpr std::array<Choice, 2> kInducingMethods = {{
    {"kmeans", RESIDUAL_KNN_KMEANS},
    {"random", RESIDUAL_KNN_RANDOM_ROWS},
}};

constexpr std::array<Choice, 3> kOrders = {{
    {"given", RESIDUAL_KNN_ORDER_GIVEN},
    {"random", RESIDUAL_KNN_ORDER_RANDOM},
    {"maximin", RESIDUAL_KNN_ORDER_MAXIMIN},
}};

// Limits of the library, see residual_knn.h.
constexpr double kMostNu = 50;
constexpr int64_t kMostThreads = 1024;

constexpr const char* kDescription =
    "k nearest neighbors of every row of POINTS under the residual-correlation distance\n"
    "sqrt(1 - |rho|), where rho is the correlation of two points given the inducing points.";

constexpr const char* kFooter =
    "Files that are read: CSV in UTF-8 (one header line; also gzipped) or .npy (integers of 8 to\n"
    "64 bits and floats of 16 to 64 bits, of either byte order, C or Fortran order, points in\n"
    "rows); '-' is standard input, for one of them. The columns of an .npy file, and of CSV with\n"
    "--no-header, are called 0, 1, ...; beside points from a file of the other format, a file "
    "must\n"
    "hold just the columns that are used, in their order (longitude and latitude first). The\n"
    "options for CSV hold for all CSV files that are read.\n"
    "\n"
    "Numbers in CSV: digits with at most one decimal mark and an exponent behind e, E, d or D; no\n"
    "marks of thousands, no units. A missing, infinite or out-of-range number in a column that is\n"
    "used is an error, as is a whole number, in CSV or .npy, that no double equals. A first line\n"
    "with such cells, or with numbers, is no header until --header says so ('2019' is a number,\n"
    "'2.5km' a name). Lines may end in \\n, \\r\\n or \\r; a blank line is an error but at the "
    "end.\n"
    "\n"
    "Lengthscales are in the units of their coordinates; with --lonlat, those of x, y, z are in\n"
    "radii of the sphere (0.1 is 637 km on Earth). auto: for each of d coordinates sqrt(d) / 4 "
    "times\n"
    "its interquartile range (its range where that is 0, 1 where all values are the same), "
    "rounded\n"
    "to three digits; x, y, z of --lonlat share the largest of theirs. It is a start, not an\n"
    "estimate.\n"
    "\n"
    "Output: CSV with the columns query, rank, neighbor and distance. Queries come in the order\n"
    "of --queries or --new-points, otherwise in the order of POINTS, also with --order. Ranks "
    "begin\n"
    "at 0. Row numbers are those of the file that was read, counted from --base and without the\n"
    "header. A query with fewer than k candidates has fewer lines. Distances are the shortest "
    "text\n"
    "that reads back as the same double.\n"
    "With -o NAME.npy: NAME.npy holds the neighbors (int64, queries x k, -1 where there is none,\n"
    "whatever --base is) and NAME.distances.npy the distances (float64, queries x k, +Inf where\n"
    "there is none). More neighbors than there are points are not listed: k is then their number.\n"
    "\n"
    "A file is written whole or not at all. Standard error tells what was used as coordinates, "
    "and\n"
    "warns; --quiet leaves that out, errors come always. On a terminal it shows progress, unless\n"
    "standard output is a pipe, whose reader may print there. A reader that closes the pipe ends "
    "the\n"
    "program without a message, as other programs do (SIGPIPE).";

void AddPointOptions(CLI::App& command, NeighborsOptions* options) {
  AddPath(command, "POINTS", &options->points,
          "CSV or .npy file, a point a row; '-': standard input")
      ->required();
  AddNames(command, "--columns", &options->columns,
           "Columns that are coordinates; default: all, or none\n"
           "beside --lonlat")
      ->group("Points");
  AddNames(command, "--lonlat", &options->lonlat,
           "Columns of longitude and latitude in degrees; they\n"
           "become x, y, z on the unit sphere, placed first")
      ->type_name("LON,LAT")
      ->group("Points");
}

void AddModelOptions(CLI::App& command, NeighborsOptions* options) {
  const std::string group = "Model";
  AddChoice(command, "--kernel", kKernels, &options->kernel,
            "Covariance function; default matern32", kKernelNames)
      ->group(group);
  AddReal(command, "--nu", Sign::kPositive, &options->nu,
          "Smoothness of --kernel matern, at most 50; default 1.5")
      ->group(group);
  AddReal(command, "--alpha", Sign::kPositive, &options->alpha,
          "Mixture parameter of --kernel rational-quadratic;\ndefault 1")
      ->group(group);
  AddReal(command, "--variance", Sign::kPositive, &options->variance,
          "Covariance of a point with itself; default 1")
      ->group(group);
  AddRealsOrAuto(command, "--lengthscale", Sign::kPositive, &options->lengthscales,
                 "One for all coordinates or one for each, in their units;\n"
                 "auto: by the points, see below. Required")
      ->group(group);
  AddReal(command, "--nugget", Sign::kNotNegative, &options->nugget,
          "Added to the residual variance; default 0")
      ->group(group);
  AddReal(command, "--jitter", Sign::kNotNegative, &options->jitter,
          "Added to the diagonal of the inducing points'\n"
          "covariance, relative to the variance; default 1e-8")
      ->group(group);
  AddReal(command, "--max-jitter", Sign::kNotNegative, &options->max_jitter,
          "Multiply the jitter by 10, up to this, until the\n"
          "covariance is positive definite; default: never")
      ->group(group);
}

void AddInducingOptions(CLI::App& command, NeighborsOptions* options) {
  const std::string group = "Inducing points";
  CLI::Option* count =
      AddWhole(command, "--inducing", 0, std::numeric_limits<int32_t>::max(), &options->inducing,
               "How many to choose among POINTS; 0: none, rho is then\n"
               "the plain correlation; default: a tenth of the points,\n"
               "at most 200, at most the number of distinct points")
          ->group(group);
  CLI::Option* method =
      AddChoice(command, "--inducing-method", kInducingMethods, &options->inducing_method,
                "How to choose: k-means++ with Lloyd steps in the scaled\n"
                "space, or distinct rows at random; default kmeans")
          ->group(group);
  AddPath(command, "--inducing-points", &options->inducing_points,
          "Take them from a file with the columns of POINTS, or\n"
          "one of --write-inducing")
      ->excludes(count)
      ->excludes(method)
      ->group(group);
  AddUnsigned(command, "--seed", &options->seed,
              "Of the choice of inducing points and --order random;\ndefault 1")
      ->group(group);
}

void AddSearchOptions(CLI::App& command, NeighborsOptions* options) {
  const std::string group = "Search";
  AddWhole(command, "-k", 1, std::numeric_limits<int32_t>::max(), &options->k,
           "Neighbors of each query; default 30, or all points if\n"
           "there are fewer")
      ->group(group);
  CLI::Option* predecessors =
      command
          .add_flag("--predecessors", options->predecessors,
                    "Only among the points that come earlier (in --order):\n"
                    "the conditioning sets of a Vecchia approximation")
          ->group(group);
  AddChoice(command, "--order", kOrders, &options->order,
            "Order that decides what is earlier: as in the file, at\n"
            "random from --seed, or exact maximin of the scaled\n"
            "coordinates; default given. Matters to --predecessors\n"
            "only, and never changes row numbers in the output")
      ->group(group);
  command
      .add_flag("--signed", options->signed_ranking,
                "Rank by rho, not |rho|; the distance is sqrt(1 - rho)")
      ->group(group);
  CLI::Option* queries = AddPath(command, "--queries", &options->queries,
                                 "Only for these rows of POINTS: a file with one column,\n"
                                 "or a column 'row', of row numbers counted from --base")
                             ->group(group);
  AddPath(command, "--new-points", &options->new_points,
          "Neighbors among POINTS for the points of this file,\n"
          "which has the columns of POINTS")
      ->excludes(queries)
      ->excludes(predecessors)
      ->group(group);
  AddChoice(command, "--strategy", StrategyChoices(), &options->strategy,
            "How to search; default automatic: the library chooses\n"
            "(--stats says what and why). Never changes the answer")
      ->group(group);
  AddWhole(command, "--threads", 0, kMostThreads, &options->threads,
           "Threads to use; 0 or none: all processors. Never changes\nthe answer")
      ->group(group);
}

void AddOutputOptions(CLI::App& command, NeighborsOptions* options) {
  const std::string group = "Output";
  AddPath(command, "-o,--output", &options->output,
          "CSV, or what the name ends in: .csv.gz or .npy; default\n"
          "and '-': CSV to standard output")
      ->group(group);
  AddWhole(command, "--base", 0, 1, &options->base,
           "Number of the first row, in --queries and in the output;\ndefault 0")
      ->type_name("0|1")
      ->group(group);
  AddPath(command, "--stats", &options->stats,
          "Write what the search did, why, and what is known of\n"
          "the points to this file: as JSON if the name ends in\n"
          ".json, as text if in .txt, .log or nothing; '-': text\n"
          "to standard output")
      ->group(group);
  AddPath(command, "--write-inducing", &options->write_inducing,
          "Write the inducing points to this file (as -o), which\n"
          "--inducing-points reads")
      ->group(group);
  AddPath(command, "--write-order", &options->write_order,
          "Write the rows of POINTS in --order to this file (as\n"
          "-o), in a column 'row', counted from --base")
      ->group(group);
  command
      .add_flag("-q,--quiet", options->quiet,
                "No notes, warnings and progress on standard error;\nerrors come always")
      ->group(group);
}

// What CLI11 cannot know.
void CheckTogether(const CLI::App& command, const NeighborsOptions& options) {
  if (command.count("--lengthscale") == 0) {
    throw CLI::ValidationError(
        "--lengthscale",
        "is required: one for all coordinates or one for each, in their units, or "
        "auto (by a rule from the points, see --help)");
  }
  CsvFormatOf(options.csv);
  const auto only_for = [&command](const std::string& option, bool fits,
                                   const std::string& kernel) {
    if (command.count(option) > 0 && !fits) {
      throw CLI::ValidationError(option, "is for --kernel " + kernel + " only");
    }
  };
  only_for("--nu", options.kernel == RESIDUAL_KNN_MATERN, "matern");
  only_for("--alpha", options.kernel == RESIDUAL_KNN_RATIONAL_QUADRATIC, "rational-quadratic");
  if (options.nu > kMostNu) {
    throw CLI::ValidationError("--nu", "is more than " + RealToText(kMostNu) +
                                           "; --kernel squared-exponential is the limit");
  }
  if (!options.lonlat.empty() && options.lonlat.size() != 2) {
    throw CLI::ValidationError("--lonlat", "takes two names, of longitude and latitude, not " +
                                               std::to_string(options.lonlat.size()));
  }
  if (options.columns && options.columns->empty() && options.lonlat.empty()) {
    throw CLI::ValidationError("--columns",
                               "the list is empty; without --lonlat that leaves no coordinate");
  }
}

}  // namespace

std::span<const Choice> KernelChoices() { return kKernels; }

std::span<const Choice> StrategyChoices() {
  static const std::vector<Choice> choices = [] {
    std::vector<Choice> named;
    for (int32_t strategy = 0; residual_knn_strategy_name(strategy) != nullptr; ++strategy) {
      named.push_back({residual_knn_strategy_name(strategy), strategy});
    }
    return named;
  }();
  return choices;
}

void AddNeighborsOptions(CLI::App& command, NeighborsOptions* options) {
  command.description(kDescription);
  command.footer(kFooter);
  AddPointOptions(command, options);
  AddCsvOptions(command, &options->csv);
  AddModelOptions(command, options);
  AddInducingOptions(command, options);
  AddSearchOptions(command, options);
  AddOutputOptions(command, options);
  command.callback([&command, options] {
    options->k_given = command.count("-k") > 0;
    CheckTogether(command, *options);
  });
}

}  // namespace residual_knn::cli
