#include "tools/cell_location.h"

#include <algorithm>
#include <cstddef>

namespace residual_knn {
namespace {

// The number of bytes of the first character of a non-empty text; 0 if it is not UTF-8.
size_t CharacterSize(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what is above U+10FFFF.
  const auto second = static_cast<unsigned char>(text[1]);
  const bool is_none = (first == 0xE0 && second < 0xA0) || (first == 0xED && second >= 0xA0) ||
                       (first == 0xF0 && second < 0x90) || (first == 0xF4 && second >= 0x90);
  return is_none ? 0 : size;
}

}  // namespace

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
    const size_t size = CharacterSize(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    const bool shown = size > 0 && byte >= 0x20 && byte != 0x7f;
    quoted += shown ? text.substr(0, size) : "?";
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return quoted += text.empty() ? "'" : "...'";
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t size = CharacterSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace residual_knn
