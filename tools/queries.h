// Some queries of a run as the library gets them: rows, new points, or groups of rows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/neighbors_options.h"
#include "tools/query_range.h"
#include "tools/question.h"

namespace residual_knn::cli {

struct Queries {
  QueryRange range;  // among all queries of the run
  int64_t count = 0;
  bool are_new_points = false;
  bool are_all_rows = false;  // all rows of the index, in its order
  // Row numbers of the index: of the queries or, with groups, of their members.
  std::vector<int64_t> rows;
  std::vector<int64_t> group_offsets;  // the members of group i begin at rows[group_offsets[i]]
  std::vector<double> new_points;      // point-major
  // The library gets rows in the order of the index. For each query in the order of the output, this is its place among
  // them; empty: the same place.
  std::vector<int64_t> places;
  // What NumbersOf returns; empty: follows from the range.
  std::vector<int64_t> numbers;
  std::string path;  // of the file with their points, for messages

  // Null: all rows.
  [[nodiscard]] const int64_t* RowNumbers() const { return are_all_rows ? nullptr : rows.data(); }
};

// The number of all queries of a run.
int64_t CountQueries(const NeighborsOptions& options, const Question& question);

Queries QueriesIn(const QueryRange& range, const NeighborsOptions& options,
                  const Question& question);

// For each query, in the order in which the library gets them, its number among the rows of the file or among the new
// points. The queries must not be groups.
std::vector<int64_t> NumbersOf(const Queries& queries, const NeighborsOptions& options,
                               const Question& question);

}  // namespace residual_knn::cli
