// Where processes write their parts of an answer.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/output_file.h"

namespace residual_knn::cli {

// A place in each file of an answer, whose queries have the same number of bytes in all parts of the file.
struct AnswerPlace {
  std::vector<FilePlace> files;
  std::vector<int64_t> query_bytes;
};

}  // namespace residual_knn::cli
