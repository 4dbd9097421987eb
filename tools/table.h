// Tables of numbers from files or standard input: CSV, plain or gzipped, and .npy.
//
// Every error is a std::runtime_error whose text names the file and, where there is one, the line
// and the column.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tools/csv_format.h"

namespace residual_knn {

enum class TableFormat { kCsv, kNpy };

// From row `row` on, each row begins one line after the one before; row `row` begins on line
// `line`. Only quoted cells that contain line ends make more than one of these.
struct TableLine {
  int64_t row = 0;
  int64_t line = 0;
};

struct Table {
  // Names of the columns; those of an .npy file, or of a CSV file without a header, are called by
  // their numbers, "0", "1", ...
  std::vector<std::string> columns;
  int64_t rows = 0;
  // Dimension-major: column c begins at values[c * rows].
  std::vector<double> values;

  // Where the table came from, for messages.
  std::string path;
  TableFormat format = TableFormat::kCsv;
  // For each column its number in the file, counted from 0.
  std::vector<int64_t> file_columns;
  // Empty for .npy.
  std::vector<TableLine> lines;
};

// A cell of a CSV file holds no finite number.
class CellError : public std::runtime_error {
 public:
  CellError(const std::string& message, std::string column)
      : std::runtime_error(message), column_(std::move(column)) {}

  // The name of its column.
  [[nodiscard]] const std::string& column() const { return column_; }

 private:
  std::string column_;
};

// What is known of a table before its rows are read.
struct TableHeader {
  std::string path;
  TableFormat format = TableFormat::kCsv;
  std::vector<std::string> columns;
};

// The most columns that a file may have.
inline constexpr int64_t kMostColumns = int64_t{1} << 20;

// Chooses columns: distinct numbers counted from 0, in the order in which the table is to have
// them. The text of a std::runtime_error from it is put behind the file and line.
using ColumnSelector = std::function<std::vector<int64_t>(const TableHeader& header)>;

std::vector<int64_t> AllColumns(const TableHeader& header);

// Reads a whole file, or standard input if the path is "-". It must have a header, unless
// CsvFormat says otherwise, and may have no rows. NaN and infinite values are errors.
Table ReadTable(const std::string& path);

// Reads the chosen columns only; what stands in the others does not matter. `csv` does not matter
// to .npy.
Table ReadTable(const std::string& path, const ColumnSelector& select, const CsvFormat& csv = {});

// Names a place for a message: "points.csv: line 7, column 2 'y'", or "points.npy: row 6, column 1"
// (counted from 0, as NumPy does).
std::string DescribeCell(const Table& table, int64_t row, int64_t column);

}  // namespace residual_knn
