// The arguments of the search of one lot, taken from those of the whole search.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mpi/search_call.h"

namespace residual_knn::mpi {

// Its arrays are point-major, whatever the layout of the search is.
class LotArrays {
 public:
  // `options` are those of the call with all fields. `d` is the number of coordinates.
  LotArrays(const SearchCall& call, const residual_knn_search_options& options, int64_t d);

  // Takes some queries of the search.
  void Take(std::span<const int64_t> queries);

  // The options for the lot that was taken.
  [[nodiscard]] residual_knn_search_options& options() { return lot_; }

  // Searches the lot. The arrays have room for all its queries. `left` as in residual_knn_team_search.
  residual_knn_status Search(int64_t* neighbors, double* distances,
                             residual_knn_statistics* statistics, unsigned char* left) const;

 private:
  void TakeLists(std::span<const int64_t> queries);
  void TakeStart(std::span<const int64_t> queries);

  const SearchCall& call_;
  const residual_knn_search_options& all_;
  int64_t d_;
  residual_knn_search_options lot_;
  std::vector<int64_t> rows_;
  std::vector<double> points_;
  std::vector<int64_t> offsets_;
  std::vector<int64_t> candidates_;
  std::vector<int64_t> start_;
  int64_t count_ = 0;
};

}  // namespace residual_knn::mpi
