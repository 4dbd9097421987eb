// Writes the inducing points and the order of the points of a run.
#pragma once

#include <cstdint>
#include <string>

#include "tools/index_options.h"
#include "tools/index_question.h"
#include "tools/output_set.h"

namespace residual_knn::cli {

// All functions write to a file of `outputs`, which the caller publishes.

// Writes one column for each coordinate.
void WriteInducing(const IndexQuestion& question, const std::string& path, OutputSet* outputs);

// Writes the row numbers of POINTS in their order, in a column "row". `base` is the number of the first row.
void WriteOrder(const IndexQuestion& question, int64_t base, const std::string& path,
                OutputSet* outputs);

// Writes the files of --write-inducing and --write-order, where they are wanted.
void WriteChoices(const IndexOptions& options, const IndexQuestion& question, OutputSet* outputs);

}  // namespace residual_knn::cli
