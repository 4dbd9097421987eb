// Decides whether the first line of a CSV file names the columns or is data.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tools/csv_format.h"

namespace residual_knn {

// Throws a std::runtime_error, with a remedy, unless all cells are certainly names.
//
// A cell is like a number if it is a number of any size or a word for a missing value. A line of names has no number.
// It may have empty cells and words for missing values besides names.
void CheckHeader(std::span<const std::string> cells, const CsvFormat& format);

}  // namespace residual_knn
