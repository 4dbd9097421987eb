// C++ helpers for the C library: exceptions and an owned index.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

#include "residual_knn.h"

namespace residual_knn::cli {

// Throws a std::runtime_error "<context>: <message of the library>" unless status is OK.
void CheckStatus(residual_knn_status status, const std::string& context);

// The same for a call that reads or writes the file `path`. Messages about files name it already.
void CheckFileStatus(residual_knn_status status, const std::string& path);

// Replaces the row number in a text of the library about the points by the row of the file. `order` has, for each point
// of the index, its row in the file, or is empty. Rows count from `base`.
std::string InFileRows(const std::string& text, std::span<const int64_t> order, int64_t base);

// The same for a text about the conditioning set of a query. Names a query by its row if it has one.
std::string SetInFileRows(const std::string& text, std::span<const int64_t> order, int64_t base);

// The same for a text about the conditioning set of a new point, for points that are the new points of a run from number
// `first` on.
std::string WithQueryNumber(const std::string& text, int64_t first);

struct IndexDeleter {
  void operator()(residual_knn_index* index) const { residual_knn_index_free(index); }
};
using IndexHandle = std::unique_ptr<residual_knn_index, IndexDeleter>;

}  // namespace residual_knn::cli
