// Reads a list of rows for each query from a file.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tools/csv_format.h"
#include "tools/row_numbers.h"

namespace residual_knn::cli {

// List i holds the elements offsets[i] up to, but not including, offsets[i + 1] of `rows`.
struct RowLists {
  std::vector<int64_t> offsets;
  std::vector<int64_t> rows;
};

// Reads the columns "query" and "neighbor", or the two columns of a file without column names. The lines of a query may
// stand anywhere; its list is in their order. A query without a line has an empty list. The result has a list for each
// number of `queries`, and its rows count from 0.
RowLists ReadRowLists(const std::string& path, const CsvFormat& csv, const Numbering& queries,
                      const Numbering& rows);

// Reads the neighbors that an earlier call has written: CSV as for ReadRowLists; or .npy with a row of neighbors for each
// query, and -1 in places without one. Row i of .npy is the list of number query_numbers[i].
RowLists ReadNeighborLists(const std::string& path, const CsvFormat& csv, const Numbering& queries,
                           std::span<const int64_t> query_numbers, const Numbering& rows);

// Some of the lists: list i of the result is list numbers[i] of `lists`, and each row becomes At(positions, row).
RowLists SelectLists(const RowLists& lists, std::span<const int64_t> numbers,
                     std::span<const int64_t> positions);

int64_t LongestList(const RowLists& lists);

// The first `width` elements of each list in an array, with -1 in places behind the end of a shorter list.
std::vector<int64_t> PaddedLists(const RowLists& lists, int64_t width);

}  // namespace residual_knn::cli
