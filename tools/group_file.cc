#include "tools/group_file.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "tools/number_text.h"
#include "tools/table.h"

namespace residual_knn::cli {
namespace {

constexpr int64_t kNone = -1;

// The number of the group in a line.
int64_t GroupInLine(const Table& table, int64_t line) {
  const double value = table.values[static_cast<size_t>(line)];
  // Beyond 2^53, doubles differ from the whole numbers that were meant.
  if (value == std::floor(value) && std::abs(value) <= 0x1p53) return static_cast<int64_t>(value);
  throw std::runtime_error(DescribeCell(table, line, 0) + ": " + RealToText(value) +
                           " is not a whole number of at most 2^53");
}

}  // namespace

FileGroups ReadGroups(const std::string& path, const CsvFormat& csv, const Numbering& rows) {
  const Table table = ReadTable(path, TwoColumnsCalled("group", "row", "groups"), csv);
  std::vector<int64_t> numbers(static_cast<size_t>(table.rows));
  std::vector<int64_t> row_of_line(numbers.size());
  std::vector<int64_t> line_of_row(static_cast<size_t>(rows.count), kNone);
  for (int64_t line = 0; line < table.rows; ++line) {
    const auto place = static_cast<size_t>(line);
    numbers[place] = GroupInLine(table, line);
    row_of_line[place] = NumberInCell(table, line, 1, rows);
    int64_t& first = line_of_row[static_cast<size_t>(row_of_line[place])];
    if (first != kNone) {
      throw std::runtime_error(DescribeCell(table, line, 1) + ": row " +
                               std::to_string(row_of_line[place] + rows.base) + " is in group " +
                               std::to_string(numbers[static_cast<size_t>(first)]) + " already");
    }
    first = line;
  }
  std::vector<int64_t> order(static_cast<size_t>(table.rows));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return numbers[static_cast<size_t>(a)] < numbers[static_cast<size_t>(b)];
  });
  FileGroups groups;
  for (const int64_t i : order) {
    const int64_t number = numbers[static_cast<size_t>(i)];
    if (groups.numbers.empty() || groups.numbers.back() != number) {
      groups.numbers.push_back(number);
      groups.offsets.push_back(groups.offsets.back());
    }
    groups.rows.push_back(row_of_line[static_cast<size_t>(i)]);
    ++groups.offsets.back();
  }
  return groups;
}

}  // namespace residual_knn::cli
