// Rows that may be near the queries, for example their neighbors before a small change of the model. They give a search
// its first thresholds.
#pragma once

#include <cstdint>
#include <vector>

namespace residual_knn {

// The answer of a search does not depend on the lists, only its time.
class StartLists {
 public:
  StartLists() = default;
  StartLists(const StartLists&) = delete;
  StartLists& operator=(const StartLists&) = delete;
  virtual ~StartLists() = default;

  // Reads the list of the query with this place in the results: rows of the model in any order, also more than once,
  // also rows that are no candidates, such as the query's own.
  virtual void Read(int64_t slot, std::vector<int64_t>& rows) const = 0;
};

}  // namespace residual_knn
