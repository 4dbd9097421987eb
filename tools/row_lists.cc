#include "tools/row_lists.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "tools/number_text.h"
#include "tools/point_order.h"
#include "tools/table.h"

namespace residual_knn::cli {
namespace {

ColumnSelector PairColumns() { return TwoColumnsCalled("query", "neighbor", "lists"); }

// An element of the list of a query.
struct Entry {
  int64_t query;
  int64_t row;
};

RowLists ListsOf(std::span<const Entry> entries, int64_t num_queries) {
  RowLists lists;
  lists.offsets.assign(static_cast<size_t>(num_queries) + 1, 0);
  lists.rows.resize(entries.size());
  for (const Entry& entry : entries) ++lists.offsets[static_cast<size_t>(entry.query) + 1];
  std::partial_sum(lists.offsets.begin(), lists.offsets.end(), lists.offsets.begin());
  std::vector<int64_t> next(lists.offsets.begin(), lists.offsets.end() - 1);
  for (const Entry& entry : entries) {
    int64_t& place = next[static_cast<size_t>(entry.query)];
    lists.rows[static_cast<size_t>(place++)] = entry.row;
  }
  return lists;
}

std::vector<Entry> EntriesOfPairs(const Table& table, const Numbering& queries,
                                  const Numbering& rows) {
  std::vector<Entry> entries;
  entries.reserve(static_cast<size_t>(table.rows));
  for (int64_t line = 0; line < table.rows; ++line) {
    entries.push_back({NumberInCell(table, line, 0, queries), NumberInCell(table, line, 1, rows)});
  }
  return entries;
}

std::vector<Entry> EntriesOfMatrix(const Table& table, std::span<const int64_t> query_numbers,
                                   const Numbering& rows) {
  constexpr double kNoNeighbor = -1;
  const int64_t expected = std::ssize(query_numbers);
  if (table.rows != expected) {
    throw std::runtime_error(table.path + ": has " + Counted(table.rows, "row", "rows") +
                             ", must have " + std::to_string(expected) + ", one for each query");
  }
  std::vector<Entry> entries;
  entries.reserve(table.values.size());
  for (int64_t i = 0; i < table.rows; ++i) {
    for (int64_t c = 0; c < std::ssize(table.columns); ++c) {
      if (table.values[static_cast<size_t>(c * table.rows + i)] == kNoNeighbor) continue;
      entries.push_back({query_numbers[static_cast<size_t>(i)], NumberInCell(table, i, c, rows)});
    }
  }
  return entries;
}

}  // namespace

RowLists ReadRowLists(const std::string& path, const CsvFormat& csv, const Numbering& queries,
                      const Numbering& rows) {
  const Table table = ReadTable(path, PairColumns(), csv);
  return ListsOf(EntriesOfPairs(table, queries, rows), queries.count);
}

RowLists ReadNeighborLists(const std::string& path, const CsvFormat& csv, const Numbering& queries,
                           std::span<const int64_t> query_numbers, const Numbering& rows) {
  const auto select = [](const TableHeader& header) {
    return header.format == TableFormat::kNpy ? AllColumns(header) : PairColumns()(header);
  };
  const Table table = ReadTable(path, select, csv);
  const std::vector<Entry> entries = table.format == TableFormat::kNpy
                                         ? EntriesOfMatrix(table, query_numbers, rows)
                                         : EntriesOfPairs(table, queries, rows);
  return ListsOf(entries, queries.count);
}

RowLists SelectLists(const RowLists& lists, std::span<const int64_t> numbers,
                     std::span<const int64_t> positions) {
  RowLists selected;
  selected.offsets.reserve(numbers.size() + 1);
  selected.offsets.push_back(0);
  for (const int64_t number : numbers) {
    const auto list = static_cast<size_t>(number);
    for (int64_t i = lists.offsets[list]; i < lists.offsets[list + 1]; ++i) {
      selected.rows.push_back(At(positions, lists.rows[static_cast<size_t>(i)]));
    }
    selected.offsets.push_back(static_cast<int64_t>(selected.rows.size()));
  }
  return selected;
}

int64_t LongestList(const RowLists& lists) {
  int64_t longest = 0;
  for (size_t i = 1; i < lists.offsets.size(); ++i) {
    longest = std::max(longest, lists.offsets[i] - lists.offsets[i - 1]);
  }
  return longest;
}

std::vector<int64_t> PaddedLists(const RowLists& lists, int64_t width) {
  const size_t count = lists.offsets.empty() ? 0 : lists.offsets.size() - 1;
  std::vector<int64_t> padded(count * static_cast<size_t>(width), -1);
  for (size_t i = 0; i < count; ++i) {
    const int64_t length = std::min(lists.offsets[i + 1] - lists.offsets[i], width);
    std::copy_n(lists.rows.begin() + lists.offsets[i], length,
                padded.begin() + static_cast<int64_t>(i) * width);
  }
  return padded;
}

}  // namespace residual_knn::cli
