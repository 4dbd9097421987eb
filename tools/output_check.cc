#include "tools/output_check.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "tools/answer_files.h"
#include "tools/output_file.h"
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

// The files of a run. Empty paths are files that are not wanted.
struct RunFiles {
  std::vector<NamedFile> inputs;
  std::vector<NamedFile> tables;  // outputs whose format depends on the ending of the name
  std::vector<NamedFile> others;  // other outputs
};

RunFiles RunFilesOf(const NeighborsOptions& options) {
  RunFiles files;
  files.inputs = {{"POINTS", options.points},
                  {"--index", options.index},
                  {"--inducing-points", options.inducing_points},
                  {"--queries", options.queries},
                  {"--groups", options.groups},
                  {"--new-points", options.new_points},
                  {"--candidate-lists", options.candidate_lists},
                  {"--start", options.start}};
  for (const std::string& file : NeighborsFiles(options.output, options.threshold.has_value())) {
    files.tables.push_back({"--output", file});
  }
  files.tables.insert(files.tables.end(), {{"--write-inducing", options.write_inducing},
                                           {"--write-order", options.write_order},
                                           {"--weights", options.weights},
                                           {"--variances", options.variances},
                                           {"--pick-variances", options.pick_variances}});
  files.others = {{"--stats", options.stats}};
  return files;
}

RunFiles RunFilesOf(const SavingOptions& options) {
  return {{{"POINTS", options.points}, {"--inducing-points", options.inducing_points}},
          {{"--write-inducing", options.write_inducing}, {"--write-order", options.write_order}},
          {{"--output", options.output}}};
}

std::vector<NamedFile> OutputsOf(const RunFiles& files) {
  std::vector<NamedFile> outputs;
  for (const std::vector<NamedFile>* list : {&files.tables, &files.others}) {
    for (const NamedFile& file : *list) {
      if (!file.path.empty()) outputs.push_back(file);
    }
  }
  return outputs;
}

void CheckStandardInput(const RunFiles& files) {
  std::string reader;
  for (const NamedFile& input : files.inputs) {
    if (StreamKey(input.path, "stdin", "0") != "-") continue;
    if (input.option == "--index") {
      throw std::runtime_error("--index: an index must be a file, not standard input");
    }
    if (!reader.empty()) {
      throw std::runtime_error(input.option + ": standard input is already used by " + reader +
                               "; only one input can be '-'");
    }
    reader = input.option;
  }
}

void CheckEndings(const RunFiles& files) {
  for (const NamedFile& table : files.tables) {
    if (!table.path.empty()) TableFormatOf(table.path);
  }
}

// A file would replace a link that leads nowhere.
void CheckLink(const std::string& path) {
  if (path == "-") return;
  std::error_code error;
  if (!std::filesystem::is_symlink(path, error) || std::filesystem::exists(path, error)) return;
  const std::string why = error ? error.message() : "No such file or directory";
  throw std::runtime_error(path + ": is a link that cannot be followed: " + why);
}

void CheckOutputs(const RunFiles& files) {
  const std::vector<NamedFile> outputs = OutputsOf(files);
  for (const NamedFile& output : outputs) CheckLink(output.path);
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
    for (const NamedFile& input : files.inputs) {
      std::error_code ignored;
      if (!input.path.empty() && std::filesystem::equivalent(input.path, output.path, ignored)) {
        throw std::runtime_error(output.path +
                                 ": is an input file and cannot be an output file too");
      }
    }
    CheckWritable(output.path);
  }
}

// Files that a later run could not continue, and inputs that an unfinished output would replace.
void CheckResume(const NeighborsOptions& options, const RunFiles& files) {
  for (const NamedFile& input : files.inputs) {
    if (!input.path.empty() && IsKeptName(ResolvedPath(input.path))) {
      throw std::runtime_error(
          input.option + ": " + input.path +
          " has the name of an unfinished output, which --resume would replace; "
          "rename it");
    }
  }
  std::vector<NamedFile> tables = {{"--output", options.output},
                                   {"--weights", options.weights},
                                   {"--variances", options.variances},
                                   {"--pick-variances", options.pick_variances}};
  for (const NamedFile& table : tables) {
    if (table.path.empty()) continue;
    for (const NamedFile& input : files.inputs) {
      std::error_code ignored;
      const std::string kept = KeptPath(table.path);
      if (!input.path.empty() && std::filesystem::equivalent(input.path, kept, ignored)) {
        throw std::runtime_error(kept + ": is an input file (" + input.option +
                                 "), which --resume would replace; move it away");
      }
    }
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
  const RunFiles files = RunFilesOf(options);
  CheckStandardInput(files);
  CheckEndings(files);
  if (!options.stats.empty()) IsJsonName(options.stats);
  if (options.resume) CheckResume(options, files);
  CheckOutputs(files);
}

void CheckFiles(const SavingOptions& options) {
  const RunFiles files = RunFilesOf(options);
  CheckStandardInput(files);
  CheckEndings(files);
  if (!IsStaged(options.output)) {
    throw std::runtime_error(options.output +
                             ": is not a regular file, and an index cannot be written there");
  }
  CheckOutputs(files);
}

}  // namespace residual_knn::cli
