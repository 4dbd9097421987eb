#include "tools/row_lists.h"

#include <numeric>
#include <optional>
#include <stdexcept>

#include "tools/point_order.h"
#include "tools/table.h"

namespace residual_knn::cli {

RowLists ReadRowLists(const std::string& path, const CsvFormat& csv, const Numbering& queries,
                      const Numbering& rows) {
  const Table table = ReadTable(path, TwoColumnsCalled("query", "neighbor", "lists"), csv);
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

RowLists SelectLists(const RowLists& lists, int64_t count, std::span<const int64_t> numbers,
                     std::span<const int64_t> positions) {
  RowLists selected;
  selected.offsets.reserve(static_cast<size_t>(count) + 1);
  selected.offsets.push_back(0);
  for (int64_t query = 0; query < count; ++query) {
    const auto list = static_cast<size_t>(At(numbers, query));
    for (int64_t i = lists.offsets[list]; i < lists.offsets[list + 1]; ++i) {
      selected.rows.push_back(At(positions, lists.rows[static_cast<size_t>(i)]));
    }
    selected.offsets.push_back(static_cast<int64_t>(selected.rows.size()));
  }
  return selected;
}

}  // namespace residual_knn::cli
