// The input of a run, read and checked: points, inducing points, order and queries.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/coordinates.h"
#include "tools/group_file.h"
#include "tools/inducing_choice.h"
#include "tools/messages.h"
#include "tools/neighbors_options.h"
#include "tools/progress_bar.h"
#include "tools/row_lists.h"

namespace residual_knn::cli {

struct Question {
  Coordinates points;  // in the order of the file
  InducingPoints inducing;
  std::vector<std::string> inducing_columns;  // their column names in an output file
  // Rows of the file in the order of the index; empty: the order of the file. It is used for predecessors only. In
  // other searches, an order could only change which of two tied rows comes first.
  std::vector<int64_t> order;
  std::vector<int64_t> positions;      // the inverse of order
  std::vector<int64_t> written_order;  // for --write-order; empty: the order of the file
  std::vector<int64_t> rows;           // row numbers of --queries in the file
  FileGroups groups;                   // of --groups
  Coordinates new_points;
  // A list for each row of the file, or for each new point; empty without --candidate-lists.
  RowLists candidates;
  RowLists start;  // the same for --start
};

// Uses an order, a permutation of the rows of the file, wherever the options want it.
void TakeOrder(const NeighborsOptions& options, std::vector<int64_t> order, Question* question);

// Sets the lengthscales and k in `options`, which depend on the points. Writes a note about the columns that were read.
// An order that needs an index is not yet known.
Question ReadQuestion(NeighborsOptions* options, ProgressBar* progress, Messages* messages);

}  // namespace residual_knn::cli
