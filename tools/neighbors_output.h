// Writes the answer: CSV, plain or gzipped, or a pair of .npy files.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tools/output_set.h"
#include "tools/progress_bar.h"

namespace residual_knn::cli {

// The answer of the library with what it takes to speak of it in row numbers of the file.
struct NeighborsAnswer {
  int64_t num_queries = 0;
  int64_t k = 0;                       // columns of .npy
  int64_t places = 0;                  // neighbors of a query in the arrays, at most k
  std::span<const int64_t> neighbors;  // num_queries x places, -1 where there is none
  std::span<const double> distances;
  // For each query its row in the arrays; empty: the same.
  std::span<const int64_t> result_rows;
  // For each query its number in the file; empty: 0, 1, ...
  std::span<const int64_t> query_rows;
  // For each point as the library numbers them its row in the file; empty: the same.
  std::span<const int64_t> file_rows;
};

// The files that WriteNeighbors will write.
std::vector<std::string> NeighborsFiles(const std::string& output);

// Writes into files of `outputs`, which is not yet published. `base` is the number of the first
// row.
void WriteNeighbors(const NeighborsAnswer& answer, int64_t base, const std::string& output,
                    OutputSet* outputs, ProgressBar* progress);

}  // namespace residual_knn::cli
