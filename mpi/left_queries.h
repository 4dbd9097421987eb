// The queries that the searches of lots leave to brute force, for which a process has to prepare much. When all lots are searched,
// as few processes as pay share them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mpi/comm_team.h"

namespace residual_knn::mpi {

class LeftQueries {
 public:
  // Where the search of a lot of this size marks them.
  unsigned char* Marks(size_t lot);

  // After that search: returns the other queries of the lot, and keeps those that were left.
  std::vector<int64_t> Divide(std::span<const int64_t> lot);
  // Moves the results of the other queries of the lot together. Each query has `places` of them; null: none.
  template <class T>
  void RemoveFrom(int64_t places, T* results) const;

  // Those of all processes that this one has to search by brute force. m: inducing points of the index. All call it
  // together.
  std::vector<int64_t> ShareOut(CommTeam& team, int64_t m) const;

 private:
  std::vector<unsigned char> marks_;  // of the last lot
  std::vector<int64_t> queries_;
};

template <class T>
void LeftQueries::RemoveFrom(int64_t places, T* results) const {
  if (results == nullptr) return;
  T* to = results;
  for (size_t i = 0; i < marks_.size(); ++i, results += places) {
    if (marks_[i] != 0) continue;
    if (to != results) std::copy_n(results, places, to);
    to += places;
  }
}

}  // namespace residual_knn::mpi
