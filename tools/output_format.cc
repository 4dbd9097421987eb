#include "tools/output_format.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <stdexcept>

namespace residual_knn::cli {
namespace {

// The ending in lower case. Before .gz, it includes the ending before it, as in ".csv.gz".
std::string EndingOf(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::string last = std::filesystem::path(name).extension().string();
  if (last == ".") return {};
  if (last != ".gz") return last;
  return std::filesystem::path(name).stem().extension().string() + last;
}

}  // namespace

OutputFormat TableFormatOf(const std::string& path) {
  const std::string ending = EndingOf(path);
  if (ending == ".npy") return OutputFormat::kNpy;
  if (ending == ".csv.gz") return OutputFormat::kGzippedCsv;
  if (ending.empty() || ending == ".csv" || ending == ".txt") return OutputFormat::kCsv;
  throw std::runtime_error(
      path + ": " + ending +
      " cannot be written; the formats are .csv, .csv.gz and .npy (names without an "
      "ending and .txt are CSV)");
}

bool IsNpyName(const std::string& path) { return TableFormatOf(path) == OutputFormat::kNpy; }

Packing PackingOf(OutputFormat format) {
  return format == OutputFormat::kGzippedCsv ? Packing::kGzip : Packing::kNone;
}

bool IsJsonName(const std::string& path) {
  const std::string ending = EndingOf(path);
  if (ending == ".json") return true;
  if (ending.empty() || ending == ".txt" || ending == ".log") return false;
  throw std::runtime_error(path +
                           ": statistics are written as .json or as text (.txt, .log or no "
                           "ending), not as " +
                           ending);
}

}  // namespace residual_knn::cli
