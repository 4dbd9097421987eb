#include "tools/table.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "tools/byte_source.h"
#include "tools/cell_location.h"
#include "tools/file_kind.h"
#include "tools/npy_format.h"
#include "tools/table_csv.h"
#include "tools/table_npy.h"

namespace residual_knn {
namespace {

bool HasNpyName(std::string_view path) {
  return path.ends_with(".npy") || path.ends_with(".npy.gz");
}

}  // namespace

std::vector<int64_t> AllColumns(const TableHeader& header) {
  std::vector<int64_t> all(header.columns.size());
  std::iota(all.begin(), all.end(), int64_t{0});
  return all;
}

std::optional<int64_t> ColumnCalled(const TableHeader& header, std::string_view name) {
  const std::vector<std::string>& columns = header.columns;
  if (std::count(columns.begin(), columns.end(), name) != 1) return std::nullopt;
  return std::find(columns.begin(), columns.end(), name) - columns.begin();
}

ColumnSelector TwoColumnsCalled(const std::string& first, const std::string& second,
                                const std::string& what) {
  return [first, second, what](const TableHeader& header) -> std::vector<int64_t> {
    // The names of columns in a file that has none.
    if (header.columns == std::vector<std::string>{"0", "1"}) return {0, 1};
    const std::optional<int64_t> a = ColumnCalled(header, first);
    const std::optional<int64_t> b = ColumnCalled(header, second);
    if (a && b) return {*a, *b};
    throw std::runtime_error("has " + std::to_string(header.columns.size()) + " columns; " + what +
                             " need one column '" + first + "' and one column '" + second +
                             "', or two columns without names");
  };
}

Table ReadTable(const std::string& path) { return ReadTable(path, AllColumns); }

Table ReadTable(const std::string& path, const ColumnSelector& select, const CsvFormat& csv) {
  ByteSource source(path);
  // The content decides, not the name. A CSV file never begins with the magic bytes of .npy.
  if (source.Peek().starts_with(kNpyMagic)) return ReadNpyTable(source, select);
  if (const std::optional<ForeignKind> kind = FindForeignKind(source.Peek())) {
    throw std::runtime_error(source.path() + ": is " + kind->name +
                             (source.IsZipped() ? ", gzipped" : "") + ", which cannot be read; " +
                             kind->cure);
  }
  if (HasNpyName(path)) {
    throw std::runtime_error(path + ": is not an .npy file: it does not begin with \\x93NUMPY");
  }
  return ReadCsvTable(source, select, csv);
}

std::string DescribeCell(const Table& table, int64_t row, int64_t column) {
  const int64_t file_column = table.file_columns[static_cast<size_t>(column)];
  if (table.format == TableFormat::kNpy) return NpyCell(table.path, row, file_column);
  const auto after = std::upper_bound(table.lines.begin(), table.lines.end(), row,
                                      [](int64_t r, const TableLine& l) { return r < l.row; });
  const TableLine& start = *(after - 1);
  return CsvCell(table.path, start.line + (row - start.row), file_column,
                 table.columns[static_cast<size_t>(column)]);
}

}  // namespace residual_knn
