#include "tools/info_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "residual_knn.h"
#include "tools/index_file.h"
#include "tools/number_text.h"
#include "tools/output_set.h"
#include "tools/progress_bar.h"

namespace residual_knn::cli {
namespace {

std::string Line(std::string_view label, std::string_view value) {
  constexpr size_t kWidth = 20;
  std::string line = std::string(label) + ":";
  line.resize(std::max(line.size() + 1, kWidth), ' ');
  for (const char c : value) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return line + "\n";
}

std::string Build() {
  return "version:     " + std::string(residual_knn_version()) +
         "\nABI version: " + std::to_string(residual_knn_abi_version()) +
         "\nSIMD target: " + residual_knn_simd_target() + "\nBLAS:        " + residual_knn_blas() +
         "\n";
}

std::string KernelText(const residual_knn_model_options& model) {
  std::string text = ChoiceWord(KernelChoices(), model.kernel);
  if (model.kernel == RESIDUAL_KNN_MATERN) text += ", nu " + RealToText(model.nu);
  if (model.kernel == RESIDUAL_KNN_RATIONAL_QUADRATIC) text += ", alpha " + RealToText(model.alpha);
  return text + ", variance " + RealToText(model.variance) + ", nugget " + RealToText(model.nugget);
}

std::string Saved(const std::string& path) {
  ProgressBar progress(STDERR_FILENO, false);
  const IndexHandle index = OpenIndexFile(path, &progress);
  const IndexFileContents contents = ContentsOf(path, index.get());
  residual_knn_info info;
  residual_knn_info_init(&info, sizeof info);
  CheckStatus(residual_knn_index_info(index.get(), &info), path);
  const std::vector<std::string> names = CoordinateReader(contents.columns, {}).CoordinateNames();
  std::string coordinates;
  for (const std::string& name : names) coordinates += (coordinates.empty() ? "" : ", ") + name;
  std::string lengthscales;
  for (const double scale : contents.lengthscales) {
    lengthscales += (lengthscales.empty() ? "" : ", ") + RealToText(scale);
  }
  const bool is_given = contents.has_given_factor;
  std::error_code ignored;
  const uintmax_t file_bytes = std::filesystem::file_size(path, ignored);
  const bool is_stored = contents.model.factor_storage == RESIDUAL_KNN_FACTOR_STORED;
  return Line("points", std::to_string(info.n)) + Line("coordinates", coordinates) +
         Line("order", contents.question.order.empty() ? "as in the file of points"
                                                       : "another, kept in the file") +
         Line(is_given ? "columns of V" : "inducing points", std::to_string(info.m)) +
         Line("kernel", KernelText(contents.model)) + Line("lengthscales", lengthscales) +
         Line("V", is_given    ? "given"
                   : is_stored ? "stored"
                               : "computed when it is needed") +
         Line("degenerate points", std::to_string(info.degenerate_points)) +
         Line("bytes of the file", std::to_string(file_bytes)) +
         Line("bytes in memory", std::to_string(info.bytes));
}

}  // namespace

void AddInfoOptions(CLI::App& command, InfoOptions* options) {
  command.description(
      "Version, SIMD target and BLAS of this program, or the contents of a saved index");
  AddPath(command, "INDEX", &options->index,
          "File that 'residual-knn index' has written: tells what\nit holds");
}

void RunInfo(const InfoOptions& options) {
  if (options.index == "-") {
    throw std::runtime_error("info: an index must be a file, not standard input");
  }
  OutputSet outputs;
  outputs.Open("-").Write(options.index.empty() ? Build() : Saved(options.index));
  outputs.Publish();
}

}  // namespace residual_knn::cli
