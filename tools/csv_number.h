// Numbers in the cells of CSV files, and what stands there in place of one.
//
// A number is decimal: digits with at most one decimal mark, an exponent behind e, E, d or D (which
// Fortran writes), a sign. Nothing may stand beside it, and between its digits nothing but the mark.
// It is read as the nearest double; a whole number in digits alone must be a double.
#pragma once

#include <string>
#include <string_view>

#include "tools/csv_format.h"
#include "tools/number_text.h"

namespace residual_knn {

RealText ParseCsvNumber(std::string_view text, char decimal);

// True of what programs write in place of a missing number: nothing, NA, NaN, NULL, nodata, ".", "-", ...
bool IsMissing(std::string_view text);

// True of a number of any size, an infinite one and a missing one; also behind a minus that typesetters use.
bool IsNumberLike(std::string_view text, char decimal);

// What may help with a cell that holds no number: " (...)", or nothing.
std::string CsvNumberHint(std::string_view text, const CsvFormat& format);

}  // namespace residual_knn
