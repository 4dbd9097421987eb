// Whether the first line of a CSV file names the columns or is data.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tools/csv_format.h"

namespace residual_knn {

// Throws a std::runtime_error, with the cure, unless the cells can be nothing but names.
//
// A cell is like a number if it is one, of any size, or says that one is missing. A line of names
// has no number; empty cells and words for missing values are allowed beside names.
void CheckHeader(std::span<const std::string> cells, const CsvFormat& format);

}  // namespace residual_knn
