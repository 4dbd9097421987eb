// Writes the answer: CSV, plain or gzipped, or .npy files: two matrices, or three vectors if the numbers of neighbors vary.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tools/output_set.h"
#include "tools/progress_bar.h"

namespace residual_knn::cli {

// The answer of the library, with the data that convert its row numbers to rows of the file.
struct NeighborsAnswer {
  int64_t num_queries = 0;
  int64_t k = 0;                       // columns of .npy
  int64_t places = 0;                  // neighbors of each query in the arrays, at most k
  std::span<const int64_t> neighbors;  // num_queries x places, -1 in places without a neighbor
  std::span<const double> distances;
  // Not empty: the neighbors are in compressed rows, and those of row i of the arrays begin at offsets[i].
  std::span<const int64_t> offsets;
  // For each query, its row in the arrays; empty: the same number.
  std::span<const int64_t> result_rows;
  // For each query, its row in the file; empty: 0, 1, ...
  std::span<const int64_t> query_rows;
  // For each row number of the library, the row in the file; empty: the same number.
  std::span<const int64_t> file_rows;
};

// The files that WriteNeighbors will write. `compressed`: for neighbors in compressed rows.
std::vector<std::string> NeighborsFiles(const std::string& output, bool compressed);

// Writes to files of `outputs`, which the caller publishes. `base` is the number of the first row.
void WriteNeighbors(const NeighborsAnswer& answer, int64_t base, const std::string& output,
                    OutputSet* outputs, ProgressBar* progress);

// Writes a value of each neighbor. As .npy, it is one array, with 0 in places without a neighbor.
void WriteWeights(const NeighborsAnswer& answer, std::span<const double> weights, int64_t base,
                  const std::string& path, OutputSet* outputs);

// Writes the conditional variance of the query given its neighbors up to each one. As .npy, places without a neighbor
// repeat the last value. `variances` are in the places of the neighbors.
void WritePickVariances(const NeighborsAnswer& answer, std::span<const double> variances,
                        int64_t base, const std::string& path, OutputSet* outputs);

// Writes a value of each query. `variances` are in the order of the arrays of `answer`.
void WriteVariances(const NeighborsAnswer& answer, std::span<const double> variances, int64_t base,
                    const std::string& path, OutputSet* outputs);

}  // namespace residual_knn::cli
