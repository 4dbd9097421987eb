// The files of the answer of a run, and their form.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/neighbors_options.h"
#include "tools/query_range.h"

namespace residual_knn::cli {

struct AnswerFiles {
  std::string output;
  // Empty: not wanted.
  std::string weights;         // with 0 in places of .npy without a neighbor
  std::string pick_variances;  // the last value is repeated in such places
  std::string variances;
  bool compressed = false;  // the neighbors are in compressed rows
  bool has_header = true;   // CSV begins with the names of the columns
  int64_t num_queries = 0;  // in all parts
  int64_t k = 0;            // columns of .npy
  int64_t base = 0;         // the number of the first row
  bool kept = false;        // a later run can continue the files
  bool shared = false;      // other processes write parts
};

// Whether queries have the same number of bytes in each file, and the files can be shared.
bool CanBeShared(const AnswerFiles& files);

// The files for --output. `compressed`: for neighbors in compressed rows.
std::vector<std::string> NeighborsFiles(const std::string& output, bool compressed);

// All of them, in the order in which an AnswerWriter has their parts.
std::vector<std::string> AllFiles(const AnswerFiles& files);

// `range` are the queries of all chunks.
AnswerFiles FilesOf(const NeighborsOptions& options, const QueryRange& range);

}  // namespace residual_knn::cli
