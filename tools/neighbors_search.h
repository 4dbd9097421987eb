// Searches the index of a run, and computes weights from the answer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "residual_knn.h"
#include "tools/neighbors_options.h"
#include "tools/progress_bar.h"
#include "tools/question.h"

namespace residual_knn::cli {

// The queries of a run as the library gets them: rows, new points, or groups of rows.
struct Queries {
  int64_t count = 0;
  bool are_new_points = false;
  bool are_all_rows = false;  // in the order of the index
  std::vector<int64_t>
      rows;  // row numbers of the index: of the queries or, with groups, of their members
  std::vector<double> new_points;  // point-major
  std::string path;                // of the file with their points, for messages

  // Null: all rows.
  [[nodiscard]] const int64_t* RowNumbers() const { return are_all_rows ? nullptr : rows.data(); }
};

Queries QueriesOf(const NeighborsOptions& options, const Question& question);

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
  residual_knn_info info{};
  residual_knn_statistics statistics{};
};

Answer Search(const NeighborsOptions& options, const Question& question, const Queries& queries,
              const residual_knn_index* index, ProgressBar* progress);

// Weights and conditional variances, if a file is wanted. Returns a warning, or "".
std::string AddWeights(const NeighborsOptions& options, const Question& question,
                       const Queries& queries, const residual_knn_index* index, Answer* answer,
                       ProgressBar* progress);

}  // namespace residual_knn::cli
