// Writes the inducing points and the order of the points of a run.
#pragma once

#include <cstdint>
#include <string>

#include "tools/output_set.h"
#include "tools/question.h"

namespace residual_knn::cli {

// Both functions write to a file of `outputs`, which the caller publishes.

// Writes one column for each coordinate.
void WriteInducing(const Question& question, const std::string& path, OutputSet* outputs);

// Writes the row numbers of POINTS in their order, in a column "row". `base` is the number of the first row.
void WriteOrder(const Question& question, int64_t base, const std::string& path,
                OutputSet* outputs);

}  // namespace residual_knn::cli
