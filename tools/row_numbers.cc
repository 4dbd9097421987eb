#include "tools/row_numbers.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tools/number_text.h"
#include "tools/table.h"

namespace residual_knn::cli {
namespace {

std::vector<int64_t> SelectRowColumn(const TableHeader& header) {
  const auto count = std::count(header.columns.begin(), header.columns.end(), "row");
  if (count == 1) {
    return {std::find(header.columns.begin(), header.columns.end(), "row") -
            header.columns.begin()};
  }
  if (header.columns.size() == 1) return {0};
  throw std::runtime_error("has " + std::to_string(header.columns.size()) +
                           " columns; row numbers must be in the only column or in a column 'row'");
}

}  // namespace

std::vector<int64_t> ReadRowNumbers(const std::string& path, const CsvFormat& csv, int64_t base,
                                    int64_t n) {
  const Table table = ReadTable(path, SelectRowColumn, csv);
  std::vector<int64_t> rows;
  rows.reserve(table.values.size());
  for (int64_t i = 0; i < table.rows; ++i) {
    const double value = table.values[static_cast<size_t>(i)];
    const double row = value - static_cast<double>(base);
    if (value != std::floor(value)) {
      throw std::runtime_error(DescribeCell(table, i, 0) + ": " + RealToText(value) +
                               " is not a whole number");
    }
    if (!(row >= 0 && row < static_cast<double>(n))) {
      throw std::runtime_error(DescribeCell(table, i, 0) + ": there is no row " +
                               RealToText(value) + "; rows are numbered from " +
                               std::to_string(base) + " to " + std::to_string(base + n - 1));
    }
    rows.push_back(static_cast<int64_t>(row));
  }
  return rows;
}

}  // namespace residual_knn::cli
