#include "tools/csv_separator.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <vector>

#include "tools/csv_number.h"
#include "tools/csv_scanner.h"

namespace residual_knn {
namespace {

using Line = std::vector<std::string>;

constexpr size_t kMostLines = 8;
constexpr std::array<char, 5> kCandidates = {'\t', ';', '|', ',', kWhitespace};

// The first lines that are not blank, without the last one if it may be incomplete.
std::vector<std::string_view> SampleLines(std::string_view start, bool whole, char comment) {
  std::vector<std::string_view> lines;
  while (!start.empty() && lines.size() < kMostLines) {
    const size_t end = start.find_first_of("\r\n");
    if (end == std::string_view::npos && !whole) break;
    const std::string_view line = start.substr(0, end);
    start.remove_prefix(end == std::string_view::npos ? start.size() : end + 1);
    const size_t first = line.find_first_not_of(" \t");
    if (first != std::string_view::npos && (comment == '\0' || line[first] != comment)) {
      lines.push_back(line);
    }
  }
  return lines;
}

// The cells of each line; nothing if a line cannot be split, for example because quotes contain line ends.
std::vector<Line> Split(const std::vector<std::string_view>& lines, const CsvFormat& format,
                        char delimiter) {
  CsvFormat other = format;
  other.delimiter = delimiter;
  std::vector<Line> split;
  for (const std::string_view line : lines) {
    try {
      split.push_back(SplitCsvLine(line, other));
    } catch (const CsvError&) {
      return {};
    }
  }
  return split;
}

bool IsNumberWithAnyMark(const std::string& cell) {
  return IsNumberLike(cell, '.') || IsNumberLike(cell, ',');
}

bool AllNumbers(const Line& cells) {
  return std::all_of(cells.begin(), cells.end(), IsNumberWithAnyMark);
}

// Whether the line contains a number. Names of places may contain delimiters too.
bool HasNumber(const Line& cells) {
  return std::any_of(cells.begin(), cells.end(), [](const std::string& cell) {
    return !IsMissing(cell) && IsNumberWithAnyMark(cell);
  });
}

struct Shape {
  size_t header = 0;
  size_t rows = 0;         // cells of each row; 0: they differ, or there are no rows
  bool numbers = true;     // all cells of all rows are numbers
  bool has_number = true;  // each row contains a number
};

Shape ShapeOf(const std::vector<Line>& lines) {
  Shape shape;
  shape.header = lines[0].size();
  if (lines.size() > 1) shape.rows = lines[1].size();
  for (size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].size() != shape.rows) shape.rows = 0;
    shape.numbers = shape.numbers && AllNumbers(lines[i]);
    shape.has_number = shape.has_number && HasNumber(lines[i]);
  }
  return shape;
}

// The result of splitting the lines by a delimiter.
enum class Fit { kNone, kRowNames, kTable };

// `found` are the lines split by another delimiter. kTable: `found` is a table, but `given` is not. kRowNames: `found`
// is a table if the first cell of each row, which has no name in the header, is ignored.
Fit FitOf(const std::vector<Line>& found, const std::vector<Line>& given, char delimiter,
          const CsvFormat& format) {
  const Shape shape = ShapeOf(found);
  if (found.size() == 1) {
    if (shape.header < 2) return Fit::kNone;
    const bool cautious = delimiter == kWhitespace || delimiter == ',';
    const bool fits =
        AllNumbers(found[0]) ? !AllNumbers(given[0]) : given[0].size() == 1 && !cautious;
    return fits ? Fit::kTable : Fit::kNone;
  }
  if (shape.rows < 2) return Fit::kNone;
  if (shape.rows == shape.header + 1) {
    // A column of numbers with decimal commas or thousands separators looks the same.
    const bool narrow = shape.header == 1 && (delimiter == kWhitespace || delimiter == ',');
    const bool fits = given[0].size() == 1 && shape.has_number && delimiter != format.decimal &&
                      !(narrow && shape.numbers);
    return fits ? Fit::kRowNames : Fit::kNone;
  }
  if (shape.rows != shape.header) return Fit::kNone;
  bool fits = false;
  if (given[0].size() == 1) {
    fits = shape.has_number || delimiter != kWhitespace;
  } else if (!AllNumbers(given[0])) {
    // Commas in numbers split the lines too.
    fits = shape.numbers &&
           (AllNumbers(found[0]) || (delimiter != kWhitespace && !ShapeOf(given).numbers));
  }
  return fits ? Fit::kTable : Fit::kNone;
}

// The probable decimal mark: ',' if a number needs it.
char DecimalOf(const std::vector<Line>& lines) {
  for (const Line& line : lines) {
    for (const std::string& cell : line) {
      if (!IsNumberLike(cell, '.') && IsNumberLike(cell, ',')) return ',';
    }
  }
  return '.';
}

std::string Describe(const std::vector<Line>& lines, char delimiter, const CsvFormat& format) {
  const Shape shape = ShapeOf(lines);
  std::string text = "the columns seem to be separated by " + DelimiterName(delimiter) +
                     ", not by " + DelimiterName(format.delimiter);
  const char decimal = delimiter == ',' ? '.' : DecimalOf(lines);
  std::string options = "--delimiter " + DelimiterWord(delimiter);
  if (decimal == ',') options += " --decimal ,";
  if (shape.rows == shape.header + 1) {
    return text +
           ", and the header has one name fewer than the rows have cells, as R's write.table "
           "writes it: use write.csv(..., row.names = FALSE) in R, or tail -n +2 FILE | "
           "residual-knn neighbors - --no-header " +
           options + " --columns 1,...";
  }
  if (decimal == ',') text += ", with decimal commas";
  if (delimiter == ',' && format.decimal == ',') {
    return text + ": omit --delimiter and --decimal";
  }
  return text + ": use " + options;
}

}  // namespace

std::string DelimiterName(char delimiter) {
  if (delimiter == '\t') return "tabs";
  if (delimiter == kWhitespace) return "spaces";
  return std::string("'") + delimiter + "'";
}

std::string DelimiterWord(char delimiter) {
  if (delimiter == '\t') return "tab";
  if (delimiter == kWhitespace) return "space";
  if (delimiter == ',') return ",";
  return std::string("'") + delimiter + "'";
}

std::string FindWrongDelimiter(std::string_view start, bool whole, const CsvFormat& format) {
  const std::vector<std::string_view> lines = SampleLines(start, whole, format.comment);
  if (lines.empty()) return {};
  std::vector<Line> given = Split(lines, format, format.delimiter);
  // The split fails if quotes are in the middle of cells, as happens if the delimiter is a different one.
  if (given.empty()) given.assign(lines.size(), Line(1));
  for (const Fit wanted : {Fit::kTable, Fit::kRowNames}) {
    for (const char candidate : kCandidates) {
      if (candidate == format.delimiter) continue;
      if (candidate == '\t' && format.delimiter == kWhitespace) continue;
      const std::vector<Line> found = Split(lines, format, candidate);
      if (found.empty() || found[0].empty()) continue;
      if (FitOf(found, given, candidate, format) == wanted) {
        return Describe(found, candidate, format);
      }
    }
  }
  return {};
}

}  // namespace residual_knn
