// Saved indexes: writes an index to a file, opens one, and tells what it holds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "residual_knn.h"
#include "tools/coordinates.h"
#include "tools/index_options.h"
#include "tools/index_question.h"
#include "tools/library.h"
#include "tools/progress_bar.h"

namespace residual_knn::cli {

// Saves an index with its order and with the columns that its coordinates were. The file appears complete or not at all;
// Ctrl-C waits for that.
void SaveIndexFile(const std::string& path, const IndexQuestion& question,
                   const SettledColumns& columns, residual_knn_index* index);

// Opens a file: large parts are read when they are needed. `max_bytes`: a limit on the memory of the index; 0: none.
IndexHandle OpenIndexFile(const std::string& path, int64_t max_bytes, ProgressBar* progress);

struct IndexFileContents {
  IndexQuestion question;
  SettledColumns columns;
  residual_knn_model_options model{};
  std::vector<double> lengthscales;
};

// What an index from a file holds.
IndexFileContents ContentsOf(const std::string& path, const residual_knn_index* index);

// Sets the model in `options`.
void TakeModel(const IndexFileContents& contents, IndexOptions* options);

// A number that identifies the content of an index file. It takes no time to compute, because a file begins with the
// checksums of its parts.
uint64_t FingerprintOfIndexFile(const std::string& path);

}  // namespace residual_knn::cli
