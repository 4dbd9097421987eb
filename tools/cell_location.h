// How messages name a place in a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace residual_knn {

// "points.csv: line 7"; lines are counted from 1, the header being line 1.
std::string CsvLine(const std::string& path, int64_t line);

// "points.csv: line 7, column 2 'y'"; `column` is counted from 0, the message counts from 1.
std::string CsvCell(const std::string& path, int64_t line, int64_t column, std::string_view name);

// "points.npy: row 6, column 1", both counted from 0.
std::string NpyCell(const std::string& path, int64_t row, int64_t column);

// A piece of a file for a message: in quotes, on one line, in UTF-8, cut where it is long.
std::string Quoted(std::string_view text);

bool IsUtf8(std::string_view text);

}  // namespace residual_knn
