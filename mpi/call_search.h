// The searches of this process for a call: of lots of its queries, and of queries that lots have left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "mpi/lot_arrays.h"
#include "mpi/queries_for_scan.h"
#include "mpi/result_exchange.h"
#include "mpi/search_call.h"
#include "residual_knn.h"

namespace residual_knn::mpi {

class CallSearch {
 public:
  // `options` are those of the call with all fields. Both must outlive this object.
  CallSearch(const SearchCall& call, const residual_knn_search_options& options,
             bool wants_distances);

  // Searches a lot. Returns the statistics of this search.
  residual_knn_statistics Search(std::span<const int64_t> queries, int32_t strategy);

  // Those that all searches have left to brute force.
  [[nodiscard]] const QueriesForScan& left() const { return left_; }
  // Searches these, by brute force.
  void SearchLeft(std::span<const int64_t> queries);

  // Of all searches so far.
  [[nodiscard]] const residual_knn_statistics& statistics() const { return statistics_; }
  FoundNeighbors TakeFound() { return std::move(found_); }

 private:
  residual_knn_statistics Append(std::span<const int64_t> queries, int32_t strategy);
  void Resize(size_t places);
  [[nodiscard]] bool selects() const { return options_.conditional_variances != nullptr; }

  int32_t k_;
  const residual_knn_search_options& options_;
  bool wants_distances_;
  LotArrays arrays_;
  QueriesForScan left_;
  FoundNeighbors found_;
  residual_knn_statistics statistics_{};
};

}  // namespace residual_knn::mpi
