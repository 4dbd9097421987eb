// What a run is asked: points, inducing points, order and queries, read and checked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/coordinates.h"
#include "tools/inducing_choice.h"
#include "tools/messages.h"
#include "tools/neighbors_options.h"
#include "tools/progress_bar.h"

namespace residual_knn::cli {

struct Question {
  Coordinates points;  // in the order of the file
  InducingPoints inducing;
  std::vector<std::string> inducing_columns;  // their names in a file of them
  // Rows of the file in the order of the index; empty: the file's. Never without predecessors: an
  // order could change nothing but which of two tied rows comes first.
  std::vector<int64_t> order;
  std::vector<int64_t> positions;      // the inverse of order
  std::vector<int64_t> written_order;  // for --write-order; empty: the file's
  std::vector<int64_t> rows;           // --queries, as in the file
  Coordinates new_points;
};

// Settles in `options` what depends on the points: the lengthscales and k. Says what was read.
Question ReadQuestion(NeighborsOptions* options, ProgressBar* progress, Messages* messages);

}  // namespace residual_knn::cli
