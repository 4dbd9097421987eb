// What a search has found for some queries.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "residual_knn.h"

namespace residual_knn::cli {

// The result, in the row numbers of the library.
struct Answer {
  int64_t num_queries = 0;
  int64_t places = 0;
  std::unique_ptr<int64_t[]> neighbors;
  std::unique_ptr<double[]> distances;
  std::vector<int64_t> offsets;   // of --threshold, see WrittenAnswer
  std::vector<double> weights;    // places as the neighbors; empty unless wanted
  std::vector<double> variances;  // one for each query; empty unless wanted
  // Places as the neighbors; empty unless wanted.
  std::vector<double> pick_variances;
  residual_knn_statistics statistics{};
};

}  // namespace residual_knn::cli
