#include "tools/row_numbers.h"

#include <cmath>
#include <optional>
#include <stdexcept>

#include "tools/number_text.h"
#include "tools/table.h"

namespace residual_knn::cli {
namespace {

std::vector<int64_t> SelectRowColumn(const TableHeader& header) {
  if (const std::optional<int64_t> row = ColumnCalled(header, "row")) return {*row};
  if (header.columns.size() == 1) return {0};
  throw std::runtime_error("has " + std::to_string(header.columns.size()) +
                           " columns; row numbers must be in the only column or in a column 'row'");
}

}  // namespace

int64_t NumberInCell(const Table& table, int64_t row, int64_t column, const Numbering& numbering) {
  const double value = table.values[static_cast<size_t>(column * table.rows + row)];
  if (value != std::floor(value)) {
    throw std::runtime_error(DescribeCell(table, row, column) + ": " + RealToText(value) +
                             " is not a whole number");
  }
  const double number = value - static_cast<double>(numbering.base);
  if (number >= 0 && number < static_cast<double>(numbering.count)) {
    return static_cast<int64_t>(number);
  }
  const std::string thing = numbering.thing;
  throw std::runtime_error(
      DescribeCell(table, row, column) + ": there is no " + thing + " " + RealToText(value) +
      (numbering.count == 0
           ? std::string()
           : "; " + thing + "s are numbered from " + std::to_string(numbering.base) + " to " +
                 std::to_string(numbering.base + numbering.count - 1)));
}

std::vector<int64_t> ReadRowNumbers(const std::string& path, const CsvFormat& csv,
                                    const Numbering& numbering) {
  const Table table = ReadTable(path, SelectRowColumn, csv);
  std::vector<int64_t> rows;
  rows.reserve(table.values.size());
  for (int64_t i = 0; i < table.rows; ++i) rows.push_back(NumberInCell(table, i, 0, numbering));
  return rows;
}

}  // namespace residual_knn::cli
