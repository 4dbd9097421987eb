// The input of a search, read and checked: what its index is made of, or a saved index, and queries.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/coordinates.h"
#include "tools/group_file.h"
#include "tools/index_file.h"
#include "tools/index_question.h"
#include "tools/messages.h"
#include "tools/neighbors_options.h"
#include "tools/progress_bar.h"
#include "tools/row_lists.h"

namespace residual_knn::cli {

struct Question : IndexQuestion {
  std::vector<int64_t> rows;  // row numbers of --queries in the file
  FileGroups groups;          // of --groups
  Coordinates new_points;
  // A list for each row of the file, or for each new point; empty without --candidate-lists.
  RowLists candidates;
  RowLists start;  // the same for --start
};

// Sets the lengthscales and k in `options`, which depend on the points. Writes a note about the columns that were read.
// An order that needs an index is not yet known.
Question ReadQuestion(NeighborsOptions* options, ProgressBar* progress, Messages* messages);

// The same with a saved index. Sets the model and k in `options`.
Question ReadQuestionOfIndex(IndexFileContents contents, NeighborsOptions* options,
                             ProgressBar* progress, Messages* messages);

}  // namespace residual_knn::cli
