#include "tools/cell_location.h"

#include <algorithm>
#include <cstddef>

#include "base/utf8.h"

namespace residual_knn {
std::string CsvLine(const std::string& path, int64_t line) {
  return path + ": line " + std::to_string(line);
}

std::string CsvCell(const std::string& path, int64_t line, int64_t column, std::string_view name) {
  return CsvLine(path, line) + ", column " + std::to_string(column + 1) + " " + Quoted(name);
}

std::string NpyCell(const std::string& path, int64_t row, int64_t column) {
  return path + ": row " + std::to_string(row) + ", column " + std::to_string(column);
}

std::string Quoted(std::string_view text) {
  constexpr size_t kLongest = 40;
  std::string quoted = "'";
  while (!text.empty() && quoted.size() <= kLongest) {
    const size_t size = FirstCharacterSize(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    const bool shown = size > 0 && byte >= 0x20 && byte != 0x7f;
    quoted += shown ? text.substr(0, size) : "?";
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return quoted += text.empty() ? "'" : "...'";
}

}  // namespace residual_knn
