#include "tools/answer_files.h"

#include <algorithm>
#include <string_view>

#include "tools/output_format.h"
#include "tools/partners.h"

namespace residual_knn::cli {

namespace {

constexpr std::string_view kNpyEnd = ".npy";

// The name of a second .npy file.
std::string FileBeside(const std::string& output, const char* what) {
  const size_t stem = output.size() - kNpyEnd.size();
  return output.substr(0, stem) + "." + what + output.substr(stem);
}

}  // namespace

std::vector<std::string> NeighborsFiles(const std::string& output, bool compressed) {
  if (!IsNpyName(output)) return {output};
  std::vector<std::string> files = {output, FileBeside(output, "distances")};
  if (compressed) files.push_back(FileBeside(output, "offsets"));
  return files;
}

std::vector<std::string> AllFiles(const AnswerFiles& files) {
  std::vector<std::string> all = NeighborsFiles(files.output, files.compressed);
  for (const std::string& path : {files.weights, files.pick_variances, files.variances}) {
    if (!path.empty()) all.push_back(path);
  }
  return all;
}

bool CanBeShared(const AnswerFiles& files) {
  if (files.compressed) return false;
  const std::vector<std::string> all = AllFiles(files);
  return std::all_of(all.begin(), all.end(),
                     [](const std::string& path) { return IsNpyName(path) && IsStaged(path); });
}

AnswerFiles FilesOf(const NeighborsOptions& options, const QueryRange& range) {
  AnswerFiles files;
  files.output = options.output;
  files.weights = options.weights;
  files.pick_variances = options.pick_variances;
  files.variances = options.variances;
  files.compressed = options.threshold.has_value();
  files.has_header = options.slice.number == 1;
  files.num_queries = range.size();
  files.k = options.k;
  files.base = options.base;
  files.kept = options.resume;
  files.shared = HasPartners() && CanBeShared(files);
  return files;
}

}  // namespace residual_knn::cli
