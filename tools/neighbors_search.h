// Searches the index of a run for some queries, and computes weights from the answer.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "residual_knn.h"
#include "tools/neighbors_options.h"
#include "tools/progress_bar.h"
#include "tools/queries.h"
#include "tools/question.h"

namespace residual_knn::cli {

// The result, in the row numbers of the library.
struct Answer {
  int64_t num_queries = 0;
  int64_t places = 0;
  std::unique_ptr<int64_t[]> neighbors;
  std::unique_ptr<double[]> distances;
  std::vector<int64_t> offsets;   // of --threshold, see NeighborsAnswer
  std::vector<double> weights;    // places as the neighbors; empty unless wanted
  std::vector<double> variances;  // one for each query; empty unless wanted
  // Places as the neighbors; empty unless wanted.
  std::vector<double> pick_variances;
  residual_knn_statistics statistics{};
};

Answer Search(const NeighborsOptions& options, const Question& question, const Queries& queries,
              const residual_knn_index* index, ProgressBar* progress);

// Weights and conditional variances. Returns for how many queries jitter was added.
int64_t AddWeights(const NeighborsOptions& options, const Question& question,
                   const Queries& queries, const residual_knn_index* index, Answer* answer,
                   ProgressBar* progress);

}  // namespace residual_knn::cli
