// An answer of the library, as it is written to files.
#pragma once

#include <cstdint>
#include <span>

#include "tools/answer.h"

namespace residual_knn::cli {

// The answer of the library for consecutive queries, with the data that convert its row numbers to rows of the file.
struct WrittenAnswer {
  int64_t num_queries = 0;
  int64_t places = 0;                  // neighbors of each query in the arrays, at most k
  std::span<const int64_t> neighbors;  // num_queries x places, -1 in places without a neighbor
  std::span<const double> distances;
  // Not empty: the neighbors are in compressed rows, and those of row i of the arrays begin at offsets[i].
  std::span<const int64_t> offsets;
  std::span<const double> weights;         // one for each neighbor, if wanted
  std::span<const double> pick_variances;  // one for each neighbor, if wanted
  std::span<const double> variances;       // one for each query, if wanted
  // For each query, its row in the arrays; empty: the same number.
  std::span<const int64_t> result_rows;
  // For each query, its row in the file; empty: first_query and the following.
  std::span<const int64_t> query_rows;
  int64_t first_query = 0;
  // For each row number of the library, the row in the file; empty: the same number.
  std::span<const int64_t> file_rows;
};

// What the answer of the library says by itself: without numbers of queries and rows of a file. Refers to `answer`.
WrittenAnswer WithoutFile(const Answer& answer);

}  // namespace residual_knn::cli
