// Where a search writes the neighbors of each query.
#pragma once

#include <cstdint>
#include <span>

#include "query/query_set.h"
#include "query/ranking.h"

namespace residual_knn {

// Write is called by any worker, once for each query. In a search for all candidates above a threshold, it is called any
// number of times for a query, by one worker at a time, with some of its neighbors in no order.
class ResultSink {
 public:
  ResultSink() = default;
  ResultSink(const ResultSink&) = delete;
  ResultSink& operator=(const ResultSink&) = delete;
  virtual ~ResultSink() = default;
  // At most k neighbors of a query of `block`, nearest first. (Not in a search above a threshold, see above.)
  virtual void Write(const QueryBlock& block, int64_t query,
                     std::span<const Neighbor> neighbors) = 0;
};

// For a job that is not searched, or a sample whose answers are found again.
class NoResults : public ResultSink {
 public:
  void Write(const QueryBlock& /*block*/, int64_t /*query*/,
             std::span<const Neighbor> /*neighbors*/) override {}
};

}  // namespace residual_knn
