// The files of the answer of a run.
#pragma once

#include "tools/neighbors_options.h"
#include "tools/neighbors_output.h"
#include "tools/query_range.h"

namespace residual_knn::cli {

// `range` are the queries of all chunks.
AnswerFiles FilesOf(const NeighborsOptions& options, const QueryRange& range);

}  // namespace residual_knn::cli
