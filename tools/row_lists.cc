#include "tools/row_lists.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "tools/table.h"

namespace residual_knn::cli {
namespace {

std::vector<int64_t> SelectPairColumns(const TableHeader& header) {
  const std::vector<std::string>& columns = header.columns;
  // The names of columns in a file that has none.
  if (columns == std::vector<std::string>{"0", "1"}) return {0, 1};
  std::vector<int64_t> selected;
  for (const char* name : {"query", "neighbor"}) {
    if (std::count(columns.begin(), columns.end(), name) != 1) {
      throw std::runtime_error("has " + std::to_string(columns.size()) +
                               " columns; lists need one column 'query' and one column "
                               "'neighbor', or two columns without names");
    }
    selected.push_back(std::find(columns.begin(), columns.end(), name) - columns.begin());
  }
  return selected;
}

}  // namespace

RowLists ReadRowLists(const std::string& path, const CsvFormat& csv, const Numbering& queries,
                      const Numbering& rows) {
  const Table table = ReadTable(path, SelectPairColumns, csv);
  std::vector<int64_t> query_of_line(static_cast<size_t>(table.rows));
  RowLists lists;
  lists.offsets.assign(static_cast<size_t>(queries.count) + 1, 0);
  lists.rows.resize(query_of_line.size());
  for (int64_t line = 0; line < table.rows; ++line) {
    const int64_t query = NumberInCell(table, line, 0, queries);
    query_of_line[static_cast<size_t>(line)] = query;
    ++lists.offsets[static_cast<size_t>(query) + 1];
  }
  std::partial_sum(lists.offsets.begin(), lists.offsets.end(), lists.offsets.begin());
  std::vector<int64_t> next(lists.offsets.begin(), lists.offsets.end() - 1);
  for (int64_t line = 0; line < table.rows; ++line) {
    int64_t& place = next[static_cast<size_t>(query_of_line[static_cast<size_t>(line)])];
    lists.rows[static_cast<size_t>(place++)] = NumberInCell(table, line, 1, rows);
  }
  return lists;
}

RowLists SelectLists(const RowLists& lists, std::span<const int64_t> numbers,
                     std::span<const int64_t> positions) {
  RowLists selected;
  selected.offsets.reserve(numbers.size() + 1);
  selected.offsets.push_back(0);
  for (const int64_t number : numbers) {
    const auto list = static_cast<size_t>(number);
    for (int64_t i = lists.offsets[list]; i < lists.offsets[list + 1]; ++i) {
      const int64_t row = lists.rows[static_cast<size_t>(i)];
      selected.rows.push_back(positions.empty() ? row : positions[static_cast<size_t>(row)]);
    }
    selected.offsets.push_back(static_cast<int64_t>(selected.rows.size()));
  }
  return selected;
}

}  // namespace residual_knn::cli
