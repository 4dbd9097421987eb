#include "tools/index_options.h"

#include <CLI/CLI.hpp>
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

// Names of kernels in other software, for "did you mean".
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

constexpr std::array<Choice, 4> kOrders = {{
    {"given", RESIDUAL_KNN_ORDER_GIVEN},
    {"random", RESIDUAL_KNN_ORDER_RANDOM},
    {"maximin", RESIDUAL_KNN_ORDER_MAXIMIN},
    {"residual-maximin", kResidualMaximin},
}};

// Limits of the library, see residual_knn.h.
constexpr double kMostNu = 50;
constexpr int64_t kMostThreads = 1024;

constexpr std::array<const char*, 17> kNames = {
    "--columns",        "--lonlat",          "--kernel",          "--nu",     "--alpha",
    "--variance",       "--lengthscale",     "--nugget",          "--jitter", "--max-jitter",
    "--inducing",       "--inducing-method", "--inducing-points", "--seed",   "--order",
    "--write-inducing", "--write-order"};

void CheckCoordinates(const IndexOptions& options) {
  if (!options.lonlat.empty() && options.lonlat.size() != 2) {
    ThrowOption("--lonlat", "needs two names, longitude and latitude, not " +
                                std::to_string(options.lonlat.size()));
  }
  if (options.columns && options.columns->empty() && options.lonlat.empty()) {
    ThrowOption("--columns", "the list is empty, so there are no coordinates without --lonlat");
  }
}

}  // namespace

std::span<const Choice> KernelChoices() { return kKernels; }

CLI::Option* AddPointsFile(CLI::App& command, IndexOptions* options) {
  return AddPath(command, "POINTS", &options->points,
                 "CSV or .npy file with points in rows; '-': standard\ninput");
}

void AddColumnOptions(CLI::App& command, IndexOptions* options) {
  AddNames(command, "--columns", &options->columns,
           "Columns that are coordinates; default: all, or none\n"
           "if --lonlat is given")
      ->group("Points");
  AddNames(command, "--lonlat", &options->lonlat,
           "Columns of longitude and latitude in degrees; they\n"
           "are converted to x, y, z on the unit sphere, which\n"
           "become the first coordinates")
      ->type_name("LON,LAT")
      ->group("Points");
}

void AddModelOptions(CLI::App& command, IndexOptions* options) {
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
                 "auto: computed from the points, see below. Required")
      ->group(group);
  AddReal(command, "--nugget", Sign::kNotNegative, &options->nugget,
          "Added to the residual variance; default 0")
      ->group(group);
  AddReal(command, "--jitter", Sign::kNotNegative, &options->jitter,
          "Added to the diagonal of the inducing points'\n"
          "covariance, relative to the variance; default 1e-8")
      ->group(group);
  AddReal(command, "--max-jitter", Sign::kNotNegative, &options->max_jitter,
          "Largest jitter: it is multiplied by 10 up to this value\n"
          "until that covariance is positive definite; default:\n"
          "it is not increased")
      ->group(group);
}

void AddInducingOptions(CLI::App& command, IndexOptions* options) {
  const std::string group = "Inducing points";
  CLI::Option* count =
      AddWhole(command, "--inducing", 0, std::numeric_limits<int32_t>::max(), &options->inducing,
               "Number of inducing points to choose for POINTS. With 0,\n"
               "rho is the correlation itself. Default: a tenth of the\n"
               "points, at most 200 and at most the number of distinct\n"
               "points")
          ->group(group);
  CLI::Option* method =
      AddChoice(command, "--inducing-method", kInducingMethods, &options->inducing_method,
                "kmeans: k-means++ and Lloyd steps, with coordinates\n"
                "divided by their lengthscales; random: distinct rows at\n"
                "random. Default kmeans")
          ->group(group);
  AddPath(command, "--inducing-points", &options->inducing_points,
          "File with inducing points. It has the columns of POINTS,\n"
          "or was written by --write-inducing")
      ->excludes(count)
      ->excludes(method)
      ->group(group);
  AddUnsigned(command, "--seed", &options->seed,
              "Seed of the choice of inducing points and of\n--order random; default 1")
      ->group(group);
}

void AddOrderOption(CLI::App& command, const std::string& purpose, const std::string& group,
                    IndexOptions* options) {
  AddChoice(command, "--order", kOrders, &options->order,
            purpose +
                "given, as in the file; random, from\n"
                "--seed; maximin, exact, for coordinates divided by their\n"
                "lengthscales; residual-maximin, the same for the distance\n"
                "sqrt(1 - |rho|), from the point with the largest residual\n"
                "variance on; degenerate points come last. Default\n"
                "given. Row numbers in the output do not change")
      ->group(group);
}

void AddThreadsOption(CLI::App& command, const std::string& group, IndexOptions* options) {
  AddWhole(command, "--threads", 0, kMostThreads, &options->threads,
           "Number of threads; 0 (default): one for each available\nprocessor. The answer does not "
           "depend on it")
      ->group(group);
}

void AddMemoryOption(CLI::App& command, const std::string& group, IndexOptions* options) {
  AddBytes(command, "--memory-limit", &options->memory_limit,
           "Memory that the program may take, in bytes or as 500M or\n"
           "1.5G: K, M, G and T are powers of 1024. If V does not fit,\n"
           "its rows are computed when they are needed, which takes\n"
           "longer. The answer does not depend on it")
      ->group(group);
}

void AddBaseOption(CLI::App& command, const std::string& where, const std::string& group,
                   IndexOptions* options) {
  AddWhole(command, "--base", 0, 1, &options->base,
           "Number of the first row, in " + where + ";\ndefault 0")
      ->type_name("0|1")
      ->group(group);
}

void AddChoiceOutputs(CLI::App& command, const std::string& group, IndexOptions* options) {
  AddPath(command, "--write-inducing", &options->write_inducing,
          "Write the inducing points to this file: CSV, or .csv.gz\n"
          "or .npy by the ending of its name. --inducing-points\n"
          "reads it")
      ->group(group);
  AddPath(command, "--write-order", &options->write_order,
          "Write the row numbers of POINTS in --order to this file\n"
          "(the same formats), in a column 'row', counted from\n"
          "--base")
      ->group(group);
}

void AddQuietOption(CLI::App& command, const std::string& group, IndexOptions* options) {
  command
      .add_flag("-q,--quiet", options->quiet,
                "No notes, warnings or progress on standard error, only\nerrors")
      ->group(group);
}

std::span<const char* const> NamesOfIndexOptions() { return kNames; }

void CheckOnlyFor(const CLI::App& command, const std::string& option, bool fits,
                  const std::string& choice) {
  if (command.count(option) > 0 && !fits) ThrowOption(option, "is for " + choice + " only");
}

void CheckIndexOptions(const CLI::App& command, const IndexOptions& options) {
  if (command.count("--lengthscale") == 0) {
    ThrowOption("--lengthscale",
                "is required: one for all coordinates or one for each, in their units, or "
                "auto (computed from the points, see --help)");
  }
  CheckOnlyFor(command, "--nu", options.kernel == RESIDUAL_KNN_MATERN, "--kernel matern");
  CheckOnlyFor(command, "--alpha", options.kernel == RESIDUAL_KNN_RATIONAL_QUADRATIC,
               "--kernel rational-quadratic");
  CheckOnlyFor(command, "--seed",
               options.inducing_points.empty() || options.order == RESIDUAL_KNN_ORDER_RANDOM,
               "choosing inducing points and for --order random");
  if (options.max_jitter > 0 && options.max_jitter < options.jitter) {
    ThrowOption("--max-jitter", "is " + RealToText(options.max_jitter) + ", less than --jitter, " +
                                    RealToText(options.jitter));
  }
  if (options.nu > kMostNu) {
    ThrowOption("--nu", "is more than " + RealToText(kMostNu) +
                            "; for larger nu, use --kernel squared-exponential");
  }
  CheckCoordinates(options);
}

}  // namespace residual_knn::cli
