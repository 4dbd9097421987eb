// Makes the index of a run from its input.
#pragma once

#include "tools/index_options.h"
#include "tools/index_question.h"
#include "tools/library.h"
#include "tools/memory_limit.h"
#include "tools/progress_bar.h"

namespace residual_knn::cli {

// What the limit leaves for the index, or for each of two indexes that are made one after the other to order points.
IndexMemory MemoryForIndex(const IndexOptions& options, const IndexQuestion& question,
                           AnswerBytes answer_bytes);

// Makes an index of the points in their order.
IndexHandle BuildIndex(const IndexOptions& options, const IndexQuestion& question,
                       const IndexMemory& memory, ProgressBar* progress);

// For an order that needs an index: orders the points by an index of them, and makes the index of the ordered points if
// the run needs it. The inducing points do not depend on the order of the points.
void OrderByIndex(const IndexOptions& options, const IndexMemory& memory, ProgressBar* progress,
                  IndexQuestion* question, IndexHandle* index);

// A warning of the library about an index, in rows of the file; empty: none.
std::string IndexWarning(const IndexOptions& options, const IndexQuestion& question,
                         const residual_knn_index* index);

}  // namespace residual_knn::cli
