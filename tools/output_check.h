// Checks of the files of a run before hours of work: everything that is to be written can be, and
// replaces no input; standard input is read for one thing only.
#pragma once

#include "tools/neighbors_options.h"

namespace residual_knn::cli {

// Throws a std::runtime_error that names the file.
void CheckFiles(const NeighborsOptions& options);

}  // namespace residual_knn::cli
