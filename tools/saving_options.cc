#include "tools/saving_options.h"

#include <CLI/CLI.hpp>

namespace residual_knn::cli {
namespace {

constexpr const char* kDescription =
    "Makes an index of the rows of POINTS and saves it in a file, which 'residual-knn neighbors "
    "--index\n"
    "FILE' searches. Any number of processes can use the file at the same time and share its "
    "memory.";

constexpr const char* kFooter =
    "Input files, numbers and lengthscales are as for 'residual-knn neighbors' (--help).\n"
    "\n"
    "The file holds all that a search needs: points, model, inducing points, order, and what\n"
    "searches would prepare when they begin (see --no-prepare). It is written completely or not\n"
    "at all. 'residual-knn info FILE' tells what it holds. It can be used on machines with the\n"
    "same SIMD target ('residual-knn info').";

}  // namespace

void AddSavingOptions(CLI::App& command, SavingOptions* options) {
  command.description(kDescription);
  command.footer(kFooter);
  AddPointsFile(command, options)->required();
  AddColumnOptions(command, options);
  AddCsvOptions(command, &options->csv);
  AddModelOptions(command, options);
  AddInducingOptions(command, options);
  const std::string making = "Index";
  AddOrderOption(command,
                 "Order of the points in the index, for searches with\n--predecessors: ", making,
                 options);
  command
      .add_flag_callback(
          "--no-prepare", [options] { options->prepare = false; },
          "Save no trees and nothing else that searches prepare when\n"
          "they begin. The file is smaller, and each search has to\n"
          "prepare them")
      ->group(making);
  AddMemoryOption(command, making, options);
  AddThreadsOption(command, making, options);
  const std::string group = "Output";
  AddPath(command, "-o,--output", &options->output,
          "File for the index. Any name will do; .rknn is usual.\nRequired")
      ->group(group);
  AddBaseOption(command, "messages and in --write-order", group, options);
  AddChoiceOutputs(command, group, options);
  AddQuietOption(command, group, options);
  options->is_ordered = true;
  command.callback([&command, options] {
    if (options->output.empty()) ThrowOption("--output", "is required: the file for the index");
    if (options->output == "-") ThrowOption("--output", "standard output cannot take an index");
    CheckIndexOptions(command, *options);
    CsvFormatOf(options->csv);
  });
}

}  // namespace residual_knn::cli
