#include "tools/neighbors_options.h"

#include <CLI/CLI.hpp>
#include <array>
#include <limits>

#include "tools/number_text.h"

namespace residual_knn::cli {
namespace {

constexpr std::array<Choice, 3> kRankings = {{
    {"absolute", RESIDUAL_KNN_ABSOLUTE},
    {"signed", RESIDUAL_KNN_SIGNED},
    {"scaled-distance", RESIDUAL_KNN_SCALED_DISTANCE},
}};

constexpr std::array<Choice, 2> kSelections = {{
    {"nearest", RESIDUAL_KNN_SELECT_NEAREST},
    {"conditional", RESIDUAL_KNN_SELECT_CONDITIONAL},
}};

constexpr const char* kDescription =
    "Finds the k nearest neighbors of every row of POINTS, or of every point of --index FILE, "
    "under the\n"
    "residual-correlation distance sqrt(1 - |rho|). rho is the correlation of two points given "
    "the\n"
    "inducing points.";

constexpr const char* kFooter =
    "Input files: CSV in UTF-8 with one header line, also gzipped; or .npy with points in\n"
    "rows (integers of 8 to 64 bits and floats of 16 to 64 bits, either byte order, C or\n"
    "Fortran order). '-' is standard input; only one input can be '-'. The CSV options apply\n"
    "to all CSV input files. The columns of .npy, and of CSV with --no-header, are called 0,\n"
    "1, ... A file in another format than POINTS must have only the columns that are used, in\n"
    "their order (longitude and latitude first).\n"
    "\n"
    "Numbers in CSV: digits with at most one decimal mark, and an exponent after e, E, d or\n"
    "D. No thousands separators, no units. In a column that is used, a missing, infinite or\n"
    "out-of-range number is an error. A whole number, in CSV or .npy, that a double cannot\n"
    "represent exactly is an error too. A first line that contains numbers is an error unless\n"
    "--header or --no-header is given ('2019' is a number, '2.5km' is a name). Lines may end\n"
    "in \\n, \\r\\n or \\r. Blank lines are allowed only at the end.\n"
    "\n"
    "Lengthscales are in the units of their coordinates. With --lonlat, the unit of x, y and\n"
    "z is the radius of the sphere (0.1 is 637 km on Earth). auto: for each of d coordinates,\n"
    "sqrt(d) / 4 times its interquartile range, rounded to three digits. If the interquartile\n"
    "range is 0, the full range is used; if all values are equal, the lengthscale is 1. x, y\n"
    "and z of --lonlat get the largest of their three values. auto is a starting value, not\n"
    "an estimate.\n"
    "\n"
    "Output: CSV with the columns query, rank, neighbor and distance. Queries are in the\n"
    "order of --queries or --new-points, otherwise in the order of POINTS, also with --order.\n"
    "With --groups, queries are the numbers of the groups, ascending.\n"
    "Ranks count from 0. Row numbers are those of the input file without its header, counted\n"
    "from --base. A query with fewer than k candidates has fewer lines. Distances are written\n"
    "with the fewest digits that read back as the same double.\n"
    "\n"
    "With --threshold and -o NAME.npy: NAME.npy and NAME.distances.npy are vectors with the\n"
    "neighbors of all queries one after the other, and those of query i (counted from 0)\n"
    "begin at element i of NAME.offsets.npy, which has one more element for their end.\n"
    "\n"
    "With -o NAME.npy: NAME.npy has the neighbors (int64, queries x k; -1 in places without a\n"
    "neighbor, whatever --base is), and NAME.distances.npy has the distances (float64,\n"
    "queries x k; +Inf in those places). If k is larger than the number of points, that\n"
    "number is used.\n"
    "\n"
    "Each output file is written completely or not at all. Standard error shows which columns\n"
    "are coordinates, and warnings; --quiet turns these off, but not errors. On a terminal it\n"
    "shows the progress, unless standard output is a pipe, whose reader may write to the\n"
    "terminal. If the reader closes the pipe, the program ends without a message (SIGPIPE),\n"
    "as is usual.";

void AddSearchOptions(CLI::App& command, NeighborsOptions* options) {
  const std::string group = "Search";
  CLI::Option* k = AddWhole(command, "-k", 1, std::numeric_limits<int32_t>::max(), &options->k,
                            "Number of neighbors of each query; default 30, or the\n"
                            "number of points if that is smaller")
                       ->group(group);
  AddShare(command, "--threshold", &options->threshold,
           "Find all neighbors with |rho| (with --signed: rho) of at\n"
           "least this, between 0 and 1, and not the k nearest")
      ->excludes(k)
      ->group(group);
  CLI::Option* predecessors = command
                                  .add_flag("--predecessors", options->predecessors,
                                            "Search only among the points that are earlier in\n"
                                            "--order: the conditioning sets of a Vecchia\n"
                                            "approximation")
                                  ->group(group);
  AddOrderOption(command, "Order of the points, for --predecessors and\n--write-order: ", group,
                 options);
  CLI::Option* ranking = AddChoice(command, "--ranking", kRankings, &options->ranking,
                                   "What 'distance' is, in the output and for the choice of\n"
                                   "the nearest: absolute, sqrt(1 - |rho|); signed,\n"
                                   "sqrt(1 - rho); scaled-distance, the Euclidean distance of\n"
                                   "coordinates divided by their lengthscales. Default\n"
                                   "absolute")
                             ->group(group);
  command
      .add_flag_callback(
          "--signed", [options] { options->ranking = RESIDUAL_KNN_SIGNED; },
          "The same as --ranking signed")
      ->excludes(ranking)
      ->group(group);
  CLI::Option* queries = AddPath(command, "--queries", &options->queries,
                                 "File with the row numbers of the queries in POINTS,\n"
                                 "counted from --base, in its only column or in a column\n"
                                 "'row'; default: all rows")
                             ->group(group);
  AddPath(command, "--groups", &options->groups,
          "File with groups of rows, in columns 'group' and 'row',\n"
          "or with two columns without names: find the neighbors\n"
          "that the rows of a group share, by the largest |rho|\n"
          "with any of them, or by --selection conditional for the\n"
          "whole group. Groups have whole numbers, which the output\n"
          "has as queries. With --predecessors: rows that are\n"
          "earlier than all rows of the group")
      ->excludes(queries)
      ->group(group);
  AddPath(command, "--new-points", &options->new_points,
          "File with new points as queries. It has the columns of\n"
          "POINTS; the neighbors are among POINTS")
      ->excludes(queries)
      ->excludes(predecessors)
      ->group(group);
  AddChoice(command, "--strategy", StrategyChoices(), &options->strategy,
            "Search algorithm; default automatic: the library chooses\n"
            "(--stats shows its choice and the reason). The answer\n"
            "does not depend on it")
      ->group(group);
  AddPath(command, "--start", &options->start,
          "Neighbors of the same queries, for example before a small\n"
          "change of the lengthscales: a file that this program has\n"
          "written (-o), as CSV or .npy. The answer does not depend\n"
          "on it; a start near the answer saves time")
      ->group(group);
  AddSlice(command, "--slice", &options->slice,
           "Search slice I (from 1) of N equal slices of the queries.\n"
           "The outputs of all slices, one after the other, are the\n"
           "output for all queries. CSV of slices other than the\n"
           "first has no header line")
      ->group(group);
  AddMemoryOption(command, group, options);
  AddThreadsOption(command, group, options);
}

void AddSelectionOptions(CLI::App& command, NeighborsOptions* options) {
  const std::string group = "Selection";
  AddChoice(command, "--selection", kSelections, &options->selection,
            "nearest (default): the k nearest. conditional:\n"
            "conditioning sets by greedy selection; the next point is\n"
            "the candidate that, together with the points selected\n"
            "before, reduces the variance of the query most. The rank\n"
            "is then the order of selection")
      ->group(group);
  CLI::Option* candidates = AddWhole(command, "--candidates", 1,
                                     std::numeric_limits<int32_t>::max(), &options->candidates,
                                     "For --selection conditional: number of candidates of a\n"
                                     "query, at least k. The nearest by residual correlation\n"
                                     "are half of them (rounded up), but at least k; the rest\n"
                                     "are the nearest by scaled distance. With --inducing 0,\n"
                                     "where both are the same, all are nearest by scaled\n"
                                     "distance. Default 4 k")
                                ->group(group);
  AddPath(command, "--candidate-lists", &options->candidate_lists,
          "Candidates of each query, for both selections: a file\n"
          "with the columns query and neighbor, whose numbers are as\n"
          "in the output, in any order. A query without a line has\n"
          "no candidates. Default: all points")
      ->excludes(candidates)
      ->excludes(command.get_option("--start"))
      ->group(group);
}

void AddOutputOptions(CLI::App& command, NeighborsOptions* options) {
  const std::string group = "Output";
  AddPath(command, "-o,--output", &options->output,
          "Output file: CSV, or .csv.gz or .npy by the ending of its\n"
          "name. Default and '-': CSV on standard output")
      ->group(group);
  AddWhole(command, "--chunk", 1, std::numeric_limits<int64_t>::max(), &options->chunk,
           "Number of queries that are searched and written at a time.\n"
           "The answer does not depend on it. Fewer need less memory,\n"
           "but more time. Default: as many queries as have 1 GiB of\n"
           "neighbors and distances (or a third of --memory-limit, if\n"
           "that is less), at least 131072")
      ->group(group);
  command
      .add_flag("--resume", options->resume,
                "Keep what an interrupted run has written, beside the\n"
                "output under names that end in .resume and .resume-part,\n"
                "and continue it if the command is repeated. At most one\n"
                "chunk (--chunk) is lost. The output, also of --weights\n"
                "and similar options, must be .csv or .npy files")
      ->group(group);
  AddBaseOption(command, "--queries and in the output", group, options);
  AddPath(command, "--stats", &options->stats,
          "Write statistics of the search and of the points to this\n"
          "file: as JSON if its name ends in .json, as text if in\n"
          ".txt or .log or without an ending. '-': text on standard\n"
          "output")
      ->group(group);
  AddChoiceOutputs(command, group, options);
  AddPath(command, "--weights", &options->weights,
          "Write the weights b_ij of the regression of each query on\n"
          "its neighbors to this file (formats as for -o): columns\n"
          "query, rank, neighbor, weight")
      ->group(group);
  AddPath(command, "--variances", &options->variances,
          "Write the conditional variance of each query given its\n"
          "neighbors to this file (formats as for -o): columns\n"
          "query, variance")
      ->group(group);
  AddPath(command, "--pick-variances", &options->pick_variances,
          "For --selection conditional: write the conditional\n"
          "variance of each query given its neighbors up to each\n"
          "rank to this file (formats as for -o): columns query,\n"
          "rank, neighbor, variance")
      ->group(group);
  AddReal(command, "--weights-jitter", Sign::kNotNegative, &options->weights_jitter,
          "For --weights and --variances: where the residual\n"
          "covariance of a query and its neighbors is not positive\n"
          "definite, this share of the residual variances is added\n"
          "to its diagonal; default 0: it is an error")
      ->group(group);
  AddQuietOption(command, group, options);
}

// The checks below are those that CLI11 cannot make. The first check that fails makes the message.

// Options that suit only some choices of other options.
void CheckChoices(const CLI::App& command, const NeighborsOptions& options) {
  const auto only_for = [&command](const std::string& option, bool fits,
                                   const std::string& choice) {
    CheckOnlyFor(command, option, fits, choice);
  };
  only_for("--order", options.order == RESIDUAL_KNN_ORDER_GIVEN || UsesOrder(options),
           "--predecessors and --write-order");
  only_for("--weights-jitter", !options.weights.empty() || !options.variances.empty(),
           "--weights and --variances");
  const bool conditional = options.selection == RESIDUAL_KNN_SELECT_CONDITIONAL;
  for (const char* option : {"--candidates", "--pick-variances"}) {
    only_for(option, conditional, "--selection conditional");
  }
  if (conditional && options.ranking != RESIDUAL_KNN_ABSOLUTE) {
    ThrowOption("--ranking",
                ChoiceWord(kRankings, options.ranking) + " is for --selection nearest only");
  }
  only_for("--resume", options.output != "-", "-o FILE");
}

// Options that exclude each other, with the reason.
void CheckPairs(const CLI::App& command, const NeighborsOptions& options) {
  const auto without = [&command](const std::string& option, const std::string& other,
                                  const std::string& reason) {
    if (command.count(option) == 0 || command.count(other) == 0) return;
    ThrowOption(option, "cannot be used with " + other + ": " + reason);
  };
  for (const char* option : {"--weights", "--variances"}) {
    without(option, "--threshold", "the queries have different numbers of neighbors");
    without(option, "--groups", "a group is not a single query");
  }
  for (const char* option : {"--candidate-lists", "--pick-variances"}) {
    without(option, "--threshold", "a threshold finds all pairs, and selects no sets");
    without(option, "--groups", "a group is not a single query");
  }
  without("--start", "--threshold", "earlier neighbors would only give a first threshold");
  without("--start", "--groups", "a group is not a single query");
  if (options.selection == RESIDUAL_KNN_SELECT_CONDITIONAL) {
    without("--selection", "--threshold", "a threshold selects no sets");
  }
  if (options.ranking == RESIDUAL_KNN_SCALED_DISTANCE) {
    without("--ranking", "--threshold", "the threshold is a correlation");
    without("--ranking", "--groups", "the neighbors of groups are found by correlation");
  }
  without("--groups", "--threshold", "groups have the k nearest neighbors");
  without("--groups", "--new-points", "groups are of rows of POINTS");
}

// An index from a file has its points and its model.
void CheckIndexFile(const CLI::App& command) {
  const std::string reason =
      "cannot be used with --index: the index has its points, its model and their order";
  if (command.count("POINTS") > 0) ThrowOption("POINTS", reason);
  for (const char* option : NamesOfIndexOptions()) {
    if (command.count(option) > 0) ThrowOption(option, reason);
  }
}

void CheckTogether(const CLI::App& command, const NeighborsOptions& options) {
  if (!options.index.empty()) {
    CheckIndexFile(command);
  } else if (command.count("POINTS") == 0) {
    throw CLI::RequiredError("POINTS or --index");
  } else {
    CheckIndexOptions(command, options);
  }
  CsvFormatOf(options.csv);
  CheckChoices(command, options);
  CheckPairs(command, options);
}

}  // namespace

std::span<const Choice> SelectionChoices() { return kSelections; }

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
  AddPointsFile(command, options);
  AddPath(command, "--index", &options->index,
          "File with an index that 'residual-knn index' has\n"
          "written, in place of POINTS and of all options that say\n"
          "what an index is made of")
      ->group("Points");
  AddColumnOptions(command, options);
  AddCsvOptions(command, &options->csv);
  AddModelOptions(command, options);
  AddInducingOptions(command, options);
  AddSearchOptions(command, options);
  AddSelectionOptions(command, options);
  AddOutputOptions(command, options);
  command.callback([&command, options] {
    options->k_given = command.count("-k") > 0;
    options->is_ordered = options->predecessors;
    CheckTogether(command, *options);
  });
}

}  // namespace residual_knn::cli
