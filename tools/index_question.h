// The input of an index, read and checked: points, inducing points and order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/coordinates.h"
#include "tools/index_options.h"
#include "tools/inducing_choice.h"
#include "tools/messages.h"
#include "tools/progress_bar.h"

namespace residual_knn::cli {

struct IndexQuestion {
  // In the order of the file. From a saved index: only the number of points and the names of their coordinates.
  Coordinates points;
  InducingPoints inducing;                    // from a saved index: only their number
  std::vector<std::string> inducing_columns;  // their column names in an output file
  // Rows of the file in the order of the index; empty: the order of the file.
  std::vector<int64_t> order;
  std::vector<int64_t> positions;      // the inverse of order
  std::vector<int64_t> written_order;  // for --write-order; empty: the order of the file
};

// Uses an order, a permutation of the rows of the file, wherever the options want it.
void TakeOrder(const IndexOptions& options, std::vector<int64_t> order, IndexQuestion* question);

// The three functions below are called one after the other.

void ReadIndexPoints(const IndexOptions& options, CoordinateReader* reader,
                     IndexQuestion* question);

// Reads --inducing-points, and sets the lengthscales in `options`, which may depend on the points. Writes notes about the
// columns that were read and about lengthscales that were computed.
void SettleModel(IndexOptions* options, const CoordinateReader& reader, Messages* messages,
                 IndexQuestion* question);

// Chooses inducing points unless they were read, and orders the points, unless the order needs an index.
void ChooseInducingAndOrder(const IndexOptions& options, const CoordinateReader& reader,
                            ProgressBar* progress, IndexQuestion* question);

}  // namespace residual_knn::cli
