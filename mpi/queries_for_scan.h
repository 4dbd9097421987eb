// The queries that the searches of lots leave to brute force. Each process that searches such queries has to prepare
// much. So they are kept until all lots are searched, and then shared by as few processes as pay.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mpi/comm_team.h"

namespace residual_knn::mpi {

class QueriesForScan {
 public:
  // Where the search of a lot of this size marks the queries that it leaves.
  unsigned char* Marks(size_t lot);

  // After that search: keeps the queries that were left, and returns the others of the lot.
  std::vector<int64_t> Divide(std::span<const int64_t> lot);
  // Removes the places of the queries that were left from the results of the lot. Each query has `places` results. Null:
  // there are none.
  template <class T>
  void RemoveFrom(int64_t places, T* results) const;

  // Returns the queries, among those that were left on all processes, that this process has to search by brute force. m:
  // inducing points of the index. All call it together.
  std::vector<int64_t> ShareOut(CommTeam& team, int64_t m) const;

 private:
  std::vector<unsigned char> marks_;  // of the last lot
  std::vector<int64_t> queries_;
};

template <class T>
void QueriesForScan::RemoveFrom(int64_t places, T* results) const {
  if (results == nullptr) return;
  T* to = results;
  for (size_t i = 0; i < marks_.size(); ++i, results += places) {
    if (marks_[i] != 0) continue;
    if (to != results) std::copy_n(results, places, to);
    to += places;
  }
}

}  // namespace residual_knn::mpi
