// Saved indexes: opens one, and tells what it holds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "residual_knn.h"
#include "tools/coordinates.h"
#include "tools/index_options.h"
#include "tools/index_question.h"
#include "tools/library.h"
#include "tools/memory_limit.h"
#include "tools/progress_bar.h"

namespace residual_knn::cli {

// Notes in an index that is to be saved its order and the columns that its coordinates were.
void SetNote(const IndexQuestion& question, const SettledColumns& columns,
             residual_knn_index* index);

// Opens a file: large parts are read when they are needed.
IndexHandle OpenIndexFile(const std::string& path, ProgressBar* progress);
// The same within a limit: parts that have no room are not used.
IndexHandle OpenIndexFile(const std::string& path, const IndexMemory& memory,
                          ProgressBar* progress);

struct IndexFileContents {
  IndexQuestion question;
  SettledColumns columns;
  residual_knn_model_options model{};
  std::vector<double> lengthscales;
  bool has_given_factor = false;  // another program gave V and p; there are no inducing points
};

// What an index from a file holds.
IndexFileContents ContentsOf(const std::string& path, const residual_knn_index* index);

// Sets the model in `options`.
void TakeModel(const IndexFileContents& contents, IndexOptions* options);

// A number that identifies the content of an index file. It takes no time to compute, because a file begins with the
// checksums of its parts.
uint64_t FingerprintOfIndexFile(const std::string& path);

}  // namespace residual_knn::cli
