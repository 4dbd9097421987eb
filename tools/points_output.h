// Writes what a run has chosen: its inducing points and the order of its points.
#pragma once

#include <cstdint>
#include <string>

#include "tools/output_set.h"
#include "tools/question.h"

namespace residual_knn::cli {

// Both write into a file of `outputs`, which is not yet published.

// A column for each coordinate.
void WriteInducing(const Question& question, const std::string& path, OutputSet* outputs);

// The rows of the points' file in their order, in a column "row". `base` is the number of the first.
void WriteOrder(const Question& question, int64_t base, const std::string& path,
                OutputSet* outputs);

}  // namespace residual_knn::cli
