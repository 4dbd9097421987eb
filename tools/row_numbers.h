// Reads row numbers from files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/csv_format.h"
#include "tools/table.h"

namespace residual_knn::cli {

// What the numbers in a column stand for: `count` rows or other things, counted from `base`.
struct Numbering {
  const char* thing = "row";  // in messages
  int64_t base = 0;
  int64_t count = 0;
};

// The number in a cell, counted from 0. A number that is not whole or not among those of `numbering` is an error that
// names the line.
int64_t NumberInCell(const Table& table, int64_t row, int64_t column, const Numbering& numbering);

// Reads the column called "row", or the only column, of a CSV or .npy file. The result counts from 0.
std::vector<int64_t> ReadRowNumbers(const std::string& path, const CsvFormat& csv,
                                    const Numbering& numbering);

}  // namespace residual_knn::cli
