#include "tools/index_file.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/fingerprint.h"
#include "tools/index_note.h"
#include "tools/point_order.h"

namespace residual_knn::cli {

void SetNote(const IndexQuestion& question, const SettledColumns& columns,
             residual_knn_index* index) {
  CheckStatus(residual_knn_index_set_note(index, NoteText({columns, question.order}).c_str()),
              question.points.path);
}

IndexHandle OpenIndexFile(const std::string& path, ProgressBar* progress) {
  return OpenIndexFile(path, IndexMemory({}, {}), progress);
}

IndexHandle OpenIndexFile(const std::string& path, const IndexMemory& memory,
                          ProgressBar* progress) {
  progress->StartStage("opening the index");
  residual_knn_load_options options;
  residual_knn_load_options_init(&options, sizeof options);
  options.max_bytes = memory.max_bytes();
  options.progress = progress->callback();
  options.progress_user = progress;
  residual_knn_index* index = nullptr;
  const residual_knn_status status = residual_knn_index_open(path.c_str(), &options, &index);
  memory.CheckStatus(status);
  CheckFileStatus(status, path);
  return IndexHandle(index);
}

IndexFileContents ContentsOf(const std::string& path, const residual_knn_index* index) {
  residual_knn_info info;
  residual_knn_info_init(&info, sizeof info);
  CheckStatus(residual_knn_index_info(index, &info), path);
  IndexFileContents contents;
  residual_knn_model_options_init(&contents.model, sizeof contents.model);
  contents.lengthscales.resize(static_cast<size_t>(info.d));
  CheckStatus(residual_knn_index_model(index, &contents.model, contents.lengthscales.data()), path);
  IndexNote note;
  try {
    note = ParseNote(residual_knn_index_note(index), info.n, info.d);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(path + ": " + error.what());
  }
  contents.columns = std::move(note.columns);
  contents.has_given_factor = info.given_factor != 0;
  IndexQuestion& question = contents.question;
  question.points.path = path;
  question.points.n = info.n;
  question.inducing.m = info.m;
  question.positions = InverseOrder(note.order);
  question.order = std::move(note.order);
  return contents;
}

void TakeModel(const IndexFileContents& contents, IndexOptions* options) {
  options->kernel = contents.model.kernel;
  options->nu = contents.model.nu;
  options->alpha = contents.model.alpha;
  options->variance = contents.model.variance;
  options->nugget = contents.model.nugget;
  options->jitter = contents.model.jitter;
  options->max_jitter = contents.model.max_jitter;
  options->lengthscales = contents.lengthscales;
}

uint64_t FingerprintOfIndexFile(const std::string& path) {
  std::array<char, 1 << 16> start{};
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), start.size());
  std::error_code ignored;
  Fingerprint fingerprint;
  fingerprint.Add(uint64_t{std::filesystem::file_size(path, ignored)});
  fingerprint.Add(std::string_view(start.data(), static_cast<size_t>(file.gcount())));
  return fingerprint.get();
}

}  // namespace residual_knn::cli
