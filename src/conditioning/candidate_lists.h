// The candidates of queries: lists from searches, or from the caller.
#pragma once

#include <cstdint>
#include <vector>

namespace residual_knn {

class CandidateLists {
 public:
  CandidateLists() = default;
  CandidateLists(const CandidateLists&) = delete;
  CandidateLists& operator=(const CandidateLists&) = delete;
  virtual ~CandidateLists() = default;

  // Reads the list of the query with this place in the results: rows of the index in any order, also more than once,
  // also rows that are no candidates, such as the query's own.
  virtual void Read(int64_t slot, std::vector<int64_t>& rows) const = 0;
};

}  // namespace residual_knn
