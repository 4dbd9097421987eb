// Reads the row numbers of queries from a file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/csv_format.h"

namespace residual_knn::cli {

// Reads the column called "row", or the only column, of a CSV or .npy file. The row numbers there count from `base`;
// the result counts from 0. Numbers that are not whole or not among n rows are errors that name the line.
std::vector<int64_t> ReadRowNumbers(const std::string& path, const CsvFormat& csv, int64_t base,
                                    int64_t n);

}  // namespace residual_knn::cli
