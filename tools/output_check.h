// Checks the files of a run before the computation starts: all output files can be written, no output replaces an
// input, and only one input is standard input.
#pragma once

#include "tools/neighbors_options.h"

namespace residual_knn::cli {

// Throws a std::runtime_error that names the file.
void CheckFiles(const NeighborsOptions& options);

}  // namespace residual_knn::cli
