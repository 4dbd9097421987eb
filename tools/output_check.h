// Checks the files of a run before the computation starts: all output files can be written, no output replaces an
// input, and only one input is standard input.
#pragma once

#include "tools/neighbors_options.h"
#include "tools/saving_options.h"

namespace residual_knn::cli {

// Both throw a std::runtime_error that names the file.
void CheckFiles(const NeighborsOptions& options);
void CheckFiles(const SavingOptions& options);

}  // namespace residual_knn::cli
