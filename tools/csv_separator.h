// What separates the cells of a CSV file, judged by its first lines.
#pragma once

#include <string>
#include <string_view>

#include "tools/csv_format.h"

namespace residual_knn {

// `start` holds the first bytes of the text, `whole` tells that they are all. Returns an empty text
// if the delimiter of `format` may be right, else what the delimiter seems to be, and the cure.
std::string FindWrongDelimiter(std::string_view start, bool whole, const CsvFormat& format);

// For messages: "tabs", "spaces" or "';'".
std::string DelimiterName(char delimiter);

// What stands behind --delimiter, quoted for a shell.
std::string DelimiterWord(char delimiter);

}  // namespace residual_knn
