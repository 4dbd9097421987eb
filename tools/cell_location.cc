#include "tools/cell_location.h"

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
  for (const char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    quoted += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  quoted += text.size() > kLongest ? "...'" : "'";
  return quoted;
}

}  // namespace residual_knn
