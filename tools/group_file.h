// Reads groups of rows from a file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/csv_format.h"
#include "tools/row_numbers.h"

namespace residual_knn::cli {

// Groups in ascending order of their numbers, with their rows counted from 0.
struct FileGroups {
  std::vector<int64_t> numbers;        // as in the file
  std::vector<int64_t> offsets = {0};  // the rows of group i begin at rows[offsets[i]]
  std::vector<int64_t> rows;

  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(numbers.size()); }
};

// Reads the columns called "group" and "row", or the only two columns, of a CSV or .npy file. Numbers that are
// not whole, rows that are not among `rows`, and rows that are in two groups are errors that name the line.
FileGroups ReadGroups(const std::string& path, const CsvFormat& csv, const Numbering& rows);

}  // namespace residual_knn::cli
