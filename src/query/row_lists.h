// Lists of rows, one for each query: its candidates, or rows that may be near it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "query/query_set.h"

namespace residual_knn {

class RowLists {
 public:
  RowLists() = default;
  RowLists(const RowLists&) = delete;
  RowLists& operator=(const RowLists&) = delete;
  virtual ~RowLists() = default;

  // Reads the list of the query with this place in the results: rows of the model in any order, also more than once,
  // also rows that are no candidates, such as the query's own. Negative numbers stand for no row.
  virtual void Read(int64_t slot, std::vector<int64_t>& rows) const = 0;
};

inline void SortAndDropRepeats(std::vector<int64_t>& rows) {
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
}

// Leaves those rows that are candidates of query q of the block, each once and ascending.
inline void KeepCandidates(const QueryBlock& block, int64_t q, std::vector<int64_t>& rows) {
  const int64_t self = block.self[q];
  const int64_t limit = block.limit[q];
  std::erase_if(rows, [=](int64_t row) { return row < 0 || row >= limit || row == self; });
  SortAndDropRepeats(rows);
}

}  // namespace residual_knn
