// Reads tables of numbers from files or standard input: CSV, plain or gzipped, and .npy.
//
// Every error is a std::runtime_error whose text names the file and, if possible, the line and the column.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/csv_format.h"

namespace residual_knn {

enum class TableFormat { kCsv, kNpy };

// Row `row` begins on line `line`, and each following row begins one line after the previous row. A table has more than
// one of these only if quoted cells contain line ends.
struct TableLine {
  int64_t row = 0;
  int64_t line = 0;
};

struct Table {
  // Names of the columns. In .npy files and in CSV files without a header, these are the numbers "0", "1", ...
  std::vector<std::string> columns;
  int64_t rows = 0;
  // Dimension-major: column c begins at values[c * rows].
  std::vector<double> values;

  // The source of the table, for messages.
  std::string path;
  TableFormat format = TableFormat::kCsv;
  // For each column, its number in the file, counted from 0.
  std::vector<int64_t> file_columns;
  // Empty for .npy.
  std::vector<TableLine> lines;
};

// Thrown if a cell of a CSV file is not a finite number.
class CellError : public std::runtime_error {
 public:
  CellError(const std::string& message, std::string column)
      : std::runtime_error(message), column_(std::move(column)) {}

  // The name of its column.
  [[nodiscard]] const std::string& column() const { return column_; }

 private:
  std::string column_;
};

// The properties of a table that are known before its rows are read.
struct TableHeader {
  std::string path;
  TableFormat format = TableFormat::kCsv;
  std::vector<std::string> columns;
};

// The most columns that a file may have.
inline constexpr int64_t kMostColumns = int64_t{1} << 20;

// Selects columns: distinct numbers counted from 0, in the order of the columns of the table. If it throws a
// std::runtime_error, its text is appended to the file and line.
using ColumnSelector = std::function<std::vector<int64_t>(const TableHeader& header)>;

std::vector<int64_t> AllColumns(const TableHeader& header);

// The column with this name, if there is exactly one.
std::optional<int64_t> ColumnCalled(const TableHeader& header, std::string_view name);

// A selector for the columns with these two names, or for the two columns of a file without names. `what` is in the file.
ColumnSelector TwoColumnsCalled(const std::string& first, const std::string& second,
                                const std::string& what);

// Reads a whole file, or standard input if the path is "-". CSV must have a header unless CsvFormat says otherwise.
// There may be no rows. NaN and infinite values are errors.
Table ReadTable(const std::string& path);

// Reads only the selected columns; the content of the others is ignored. `csv` is ignored for .npy.
Table ReadTable(const std::string& path, const ColumnSelector& select, const CsvFormat& csv = {});

// The name of a cell for messages: "points.csv: line 7, column 2 'y'", or "points.npy: row 6, column 1" (counted from
// 0, as in NumPy).
std::string DescribeCell(const Table& table, int64_t row, int64_t column);

}  // namespace residual_knn
