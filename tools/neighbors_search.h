// Searches the index of a run for some queries, and computes weights from the answer.
#pragma once

#include <cstdint>

#include "residual_knn.h"
#include "tools/answer.h"
#include "tools/neighbors_options.h"
#include "tools/progress_bar.h"
#include "tools/queries.h"
#include "tools/question.h"

namespace residual_knn::cli {

Answer Search(const NeighborsOptions& options, const Question& question, const Queries& queries,
              const residual_knn_index* index, ProgressBar* progress);

// Weights and conditional variances. Returns for how many queries jitter was added.
int64_t AddWeights(const NeighborsOptions& options, const Question& question,
                   const Queries& queries, const residual_knn_index* index, Answer* answer,
                   ProgressBar* progress);

}  // namespace residual_knn::cli
