// Writes an index to a file, and knows the unfinished files of that.
#pragma once

#include <string>
#include <vector>

#include "residual_knn.h"
#include "tools/output_set.h"

namespace residual_knn::cli {

// Unfinished files of this index that no process writes any more: those of runs that were killed. Where file systems have
// no locks, none are found.
std::vector<std::string> LeftIndexFiles(const std::string& path);

// The file appears complete or not at all. Ctrl-C ends the program at once, and unfinished files are removed, also those of
// `outputs`.
void SaveIndexFile(const std::string& path, const OutputSet& outputs,
                   const residual_knn_index* index);

}  // namespace residual_knn::cli
