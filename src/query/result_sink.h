// Where a search writes the neighbors of each query.
#pragma once

#include <cstdint>
#include <span>

#include "query/query_set.h"
#include "query/ranking.h"

namespace residual_knn {

// Write is called once for each query, by any worker.
class ResultSink {
 public:
  ResultSink() = default;
  ResultSink(const ResultSink&) = delete;
  ResultSink& operator=(const ResultSink&) = delete;
  virtual ~ResultSink() = default;
  // At most k neighbors of a query of `block`, nearest first.
  virtual void Write(const QueryBlock& block, int64_t query,
                     std::span<const Neighbor> neighbors) = 0;
};

}  // namespace residual_knn
