#include "tools/index_note.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/utf8.h"
#include "tools/cell_location.h"
#include "tools/number_text.h"

namespace residual_knn::cli {
namespace {

constexpr std::string_view kFirstLine = "residual-knn note 1";
constexpr std::string_view kColumns = "columns";
constexpr std::string_view kLonLat = "lonlat";
constexpr std::string_view kName = "name";
constexpr std::string_view kNumber = "number";  // of a column of .npy
constexpr std::string_view kOrder = "order";
constexpr std::string_view kDigits = "0123456789ABCDEF";

bool NeedsCode(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f' || c == '%'; }

bool IsAscii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// Writes control characters and % as % and two hexadecimal digits. A note is UTF-8; so are other bytes than ASCII, if the
// text is not.
std::string Encoded(std::string_view text) {
  const bool is_utf8 = IsUtf8(text);
  std::string encoded;
  for (const char c : text) {
    if (!NeedsCode(c) && (is_utf8 || IsAscii(c))) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return encoded;
}

std::string Decoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool has_code = text[i] == '%' && i + 2 < text.size();
    const size_t high = has_code ? kDigits.find(text[i + 1]) : std::string::npos;
    const size_t low = has_code ? kDigits.find(text[i + 2]) : std::string::npos;
    if (high == std::string::npos || low == std::string::npos) {
      decoded += text[i];
      continue;
    }
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

[[noreturn]] void ThrowUnfit(const std::string& what) {
  throw std::runtime_error("the note in the file does not fit its points: " + what);
}

// Splits at the first separator; the second part is empty without one.
std::pair<std::string_view, std::string_view> Split(std::string_view text, char separator) {
  const size_t at = std::min(text.find(separator), text.size());
  return {text.substr(0, at), text.substr(std::min(at + 1, text.size()))};
}

std::vector<int64_t> Numbers(std::string_view text, std::string_view key) {
  std::vector<int64_t> numbers;
  while (!text.empty()) {
    const auto [word, rest] = Split(text, ' ');
    const std::optional<int64_t> number = ParseWhole(word);
    if (!number) ThrowUnfit(std::string(key) + " has " + std::string(word));
    numbers.push_back(*number);
    text = rest;
  }
  return numbers;
}

bool IsPermutation(const std::vector<int64_t>& order, int64_t n) {
  if (std::ssize(order) != n) return false;
  std::vector<bool> seen(order.size());
  for (const int64_t row : order) {
    if (row < 0 || row >= n || seen[static_cast<size_t>(row)]) return false;
    seen[static_cast<size_t>(row)] = true;
  }
  return true;
}

// The lines of a note, as they are.
struct NoteLines {
  std::optional<std::vector<int64_t>> num_columns;
  std::optional<std::vector<int64_t>> lonlat;
  std::vector<std::string> names;
  bool numbered = false;
  std::optional<std::vector<int64_t>> order;
};

void SetOnce(std::optional<std::vector<int64_t>>* numbers, std::string_view value,
             std::string_view key) {
  if (*numbers) ThrowUnfit("it has two lines " + std::string(key));
  *numbers = Numbers(value, key);
}

NoteLines ReadLines(std::string_view text) {
  NoteLines lines;
  while (!text.empty()) {
    const auto [line, rest] = Split(text, '\n');
    const auto [key, value] = Split(line, ' ');
    if (key == kColumns) {
      SetOnce(&lines.num_columns, value, key);
    } else if (key == kLonLat) {
      SetOnce(&lines.lonlat, value, key);
    } else if (key == kName || key == kNumber) {
      lines.names.push_back(Decoded(value));
      lines.numbered = key == kNumber;
    } else if (key == kOrder) {
      SetOnce(&lines.order, value, key);
    }
    text = rest;
  }
  return lines;
}

// Checks the places of longitude and latitude among `count` columns.
void CheckLonLat(const std::vector<int64_t>& places, int64_t count) {
  const auto is_column = [count](int64_t place) { return place >= 0 && place < count; };
  if (places.size() != 2 || places[0] == places[1] || !is_column(places[0]) ||
      !is_column(places[1])) {
    ThrowUnfit("longitude and latitude are not two of its columns");
  }
}

SettledColumns ColumnsOf(NoteLines lines, int64_t d) {
  const int64_t count = lines.lonlat ? d - 1 : d;
  if (lines.num_columns && *lines.num_columns != std::vector{count}) {
    ThrowUnfit("the number of its columns is not " + std::to_string(count));
  }
  if (lines.lonlat) CheckLonLat(*lines.lonlat, count);
  SettledColumns columns;
  columns.has_lonlat = lines.lonlat.has_value();
  const std::vector<int64_t> first = std::move(lines.lonlat).value_or(std::vector<int64_t>{});
  const bool has_names = !lines.names.empty();
  if (has_names && std::ssize(lines.names) != count) {
    ThrowUnfit("it has " + std::to_string(lines.names.size()) + " names for " +
               std::to_string(count) + " columns");
  }
  columns.format = has_names && !lines.numbered ? TableFormat::kCsv : TableFormat::kNpy;
  const auto add = [&](int64_t place) {
    columns.names.push_back(has_names ? lines.names[static_cast<size_t>(place)]
                                      : std::to_string(place));
  };
  for (const int64_t place : first) add(place);
  for (int64_t place = 0; place < count; ++place) {
    if (std::find(first.begin(), first.end(), place) == first.end()) add(place);
  }
  return columns;
}

}  // namespace

std::string NoteText(const IndexNote& note) {
  std::string text(kFirstLine);
  const auto add = [&text](std::string_view key, std::string_view value) {
    text.append("\n").append(key).append(" ").append(value);
  };
  const SettledColumns& columns = note.columns;
  add(kColumns, std::to_string(columns.names.size()));
  if (columns.has_lonlat) add(kLonLat, "0 1");
  const std::string_view key = columns.format == TableFormat::kNpy ? kNumber : kName;
  for (const std::string& name : columns.names) add(key, Encoded(name));
  if (!note.order.empty()) {
    text.append("\n").append(kOrder);
    char number[kLongestNumber];
    for (const int64_t row : note.order) {
      text += ' ';
      text.append(number, WriteWhole(row, number));
    }
  }
  return text + "\n";
}

IndexNote ParseNote(std::string_view text, int64_t n, int64_t d) {
  const auto [first, rest] = Split(text, '\n');
  NoteLines lines = ReadLines(first == kFirstLine ? rest : std::string_view{});
  IndexNote note;
  if (lines.order) {
    if (!IsPermutation(*lines.order, n)) ThrowUnfit("its order is no permutation of the points");
    note.order = std::move(*lines.order);
  }
  note.columns = ColumnsOf(std::move(lines), d);
  return note;
}

}  // namespace residual_knn::cli
