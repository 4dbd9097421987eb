// Guesses the delimiter of a CSV file from its first lines.
#pragma once

#include <string>
#include <string_view>

#include "tools/csv_format.h"

namespace residual_knn {

// `start` is the first bytes of the text; `whole` is true if it is the whole text. Returns an empty text if the
// delimiter of `format` may be right. Otherwise returns the probable delimiter and the remedy.
std::string FindWrongDelimiter(std::string_view start, bool whole, const CsvFormat& format);

// The delimiter in messages: "tabs", "spaces" or "';'".
std::string DelimiterName(char delimiter);

// The value of --delimiter, quoted for a shell.
std::string DelimiterWord(char delimiter);

}  // namespace residual_knn
