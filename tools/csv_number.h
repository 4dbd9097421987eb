// Numbers in the cells of CSV files, and texts that replace missing numbers.
//
// A number is decimal: a sign, digits with at most one decimal mark, and an exponent after e, E, d or D (as Fortran
// writes it). The cell must contain nothing else. The number is rounded to the nearest double. A whole number that is
// written in digits only must be a double exactly.
#pragma once

#include <string>
#include <string_view>

#include "tools/csv_format.h"
#include "tools/number_text.h"

namespace residual_knn {

RealText ParseCsvNumber(std::string_view text, char decimal);

// True for texts that programs write for a missing number: nothing, NA, NaN, NULL, nodata, ".", "-", ...
bool IsMissing(std::string_view text);

// True for a number of any size, an infinite number and a missing number, also after a typographic minus sign.
bool IsNumberLike(std::string_view text, char decimal);

// A hint for a cell that is not a number: " (...)", or an empty text.
std::string CsvNumberHint(std::string_view text, const CsvFormat& format);

}  // namespace residual_knn
