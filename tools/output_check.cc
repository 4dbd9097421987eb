#include "tools/output_check.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "tools/neighbors_output.h"
#include "tools/output_format.h"
#include "tools/output_set.h"

namespace residual_knn::cli {
namespace {

struct NamedFile {
  std::string option;
  std::string path;
};

// A unique name of a stream: "-" and links to descriptor `number` are the same.
std::string StreamKey(const std::string& path, std::string_view name, std::string_view number) {
  const bool stream = path == "-" || path == "/dev/" + std::string(name) ||
                      path == "/dev/fd/" + std::string(number) ||
                      path == "/proc/self/fd/" + std::string(number);
  return stream ? "-" : path;
}

// A unique name of an output file or of standard output, so that different paths to the same file are found.
std::string OutputKey(const std::string& path) {
  if (StreamKey(path, "stdout", "1") == "-") return "-";
  std::error_code ignored;
  const std::filesystem::path key =
      std::filesystem::weakly_canonical(std::filesystem::absolute(path), ignored);
  return key.empty() ? path : key.string();
}

std::vector<NamedFile> InputsOf(const NeighborsOptions& options) {
  return {{"POINTS", options.points},
          {"--inducing-points", options.inducing_points},
          {"--queries", options.queries},
          {"--groups", options.groups},
          {"--new-points", options.new_points},
          {"--candidate-lists", options.candidate_lists},
          {"--start", options.start}};
}

// The tables besides the answer.
std::vector<NamedFile> OtherTablesOf(const NeighborsOptions& options) {
  std::vector<NamedFile> tables;
  for (const NamedFile& file :
       {NamedFile{"--write-inducing", options.write_inducing},
        NamedFile{"--write-order", options.write_order}, NamedFile{"--weights", options.weights},
        NamedFile{"--variances", options.variances},
        NamedFile{"--pick-variances", options.pick_variances}}) {
    if (!file.path.empty()) tables.push_back(file);
  }
  return tables;
}

std::vector<NamedFile> OutputsOf(const NeighborsOptions& options) {
  std::vector<NamedFile> outputs;
  for (const std::string& file : NeighborsFiles(options.output, options.threshold.has_value())) {
    outputs.push_back({"--output", file});
  }
  for (const NamedFile& table : OtherTablesOf(options)) outputs.push_back(table);
  if (!options.stats.empty()) outputs.push_back({"--stats", options.stats});
  return outputs;
}

void CheckStandardInput(const NeighborsOptions& options) {
  std::string reader;
  for (const NamedFile& input : InputsOf(options)) {
    if (StreamKey(input.path, "stdin", "0") != "-") continue;
    if (!reader.empty()) {
      throw std::runtime_error(input.option + ": standard input is already used by " + reader +
                               "; only one input can be '-'");
    }
    reader = input.option;
  }
}

void CheckEndings(const NeighborsOptions& options) {
  TableFormatOf(options.output);
  for (const NamedFile& table : OtherTablesOf(options)) TableFormatOf(table.path);
  if (!options.stats.empty()) IsJsonName(options.stats);
}

void CheckOutputs(const NeighborsOptions& options) {
  const std::vector<NamedFile> outputs = OutputsOf(options);
  std::vector<std::string> keys;
  for (const NamedFile& output : outputs) {
    const std::string key = OutputKey(output.path);
    const auto taken = std::find(keys.begin(), keys.end(), key);
    if (taken != keys.end()) {
      const std::string& other = outputs[static_cast<size_t>(taken - keys.begin())].option;
      throw std::runtime_error(output.option + ": " +
                               (key == "-" ? std::string("standard output") : output.path) +
                               " is already used by " + other);
    }
    keys.push_back(key);
  }
  for (const NamedFile& output : outputs) {
    if (!IsStaged(output.path)) continue;
    for (const NamedFile& input : InputsOf(options)) {
      std::error_code ignored;
      if (!input.path.empty() && std::filesystem::equivalent(input.path, output.path, ignored)) {
        throw std::runtime_error(output.path +
                                 ": is an input file and cannot be an output file too");
      }
    }
    CheckWritable(output.path);
  }
}

// Files that a later run could not continue.
void CheckResume(const NeighborsOptions& options) {
  std::vector<NamedFile> tables = {{"--output", options.output},
                                   {"--weights", options.weights},
                                   {"--variances", options.variances},
                                   {"--pick-variances", options.pick_variances}};
  for (const NamedFile& table : tables) {
    if (table.path.empty()) continue;
    if (!IsStaged(table.path)) {
      throw std::runtime_error(table.option + ": " + table.path +
                               " is not a regular file, and --resume could not continue it");
    }
    if (TableFormatOf(table.path) == OutputFormat::kGzippedCsv) {
      throw std::runtime_error(table.option + ": " + table.path +
                               " is compressed, and --resume could not continue it; the formats "
                               "are .csv and .npy");
    }
  }
}

}  // namespace

void CheckFiles(const NeighborsOptions& options) {
  CheckStandardInput(options);
  CheckEndings(options);
  if (options.resume) CheckResume(options);
  CheckOutputs(options);
}

}  // namespace residual_knn::cli
