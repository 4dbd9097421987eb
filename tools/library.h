// The little that C++ wants around the C library: exceptions and an owned index.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "residual_knn.h"

namespace residual_knn::cli {

// Throws a std::runtime_error "<context>: <what the library says>" unless status is OK.
void CheckStatus(residual_knn_status status, const std::string& context);

struct IndexDeleter {
  void operator()(residual_knn_index* index) const { residual_knn_index_free(index); }
};
using IndexHandle = std::unique_ptr<residual_knn_index, IndexDeleter>;

}  // namespace residual_knn::cli
