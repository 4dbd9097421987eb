// Names of places in a file, for messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace residual_knn {

// "points.csv: line 7". Lines count from 1; the header is line 1.
std::string CsvLine(const std::string& path, int64_t line);

// "points.csv: line 7, column 2 'y'". `column` counts from 0; the message counts from 1.
std::string CsvCell(const std::string& path, int64_t line, int64_t column, std::string_view name);

// "points.npy: row 6, column 1". Both count from 0.
std::string NpyCell(const std::string& path, int64_t row, int64_t column);

// A part of a file for a message: in quotes, on one line, in UTF-8, shortened if it is long.
std::string Quoted(std::string_view text);

}  // namespace residual_knn
