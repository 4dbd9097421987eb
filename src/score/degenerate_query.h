// The answer for a query whose correlation is undefined.
#pragma once

#include <cstdint>
#include <vector>

#include "query/result_sink.h"

namespace residual_knn {

// The query is at distance 1 from all points: the smallest rows are its neighbors. `scratch` is reused.
inline void WriteDegenerate(const QueryBlock& block, int64_t query, int64_t k,
                            std::vector<Neighbor>& scratch, ResultSink& results) {
  scratch.clear();
  for (int64_t row = 0; row < block.limit[query]; ++row) {
    if (static_cast<int64_t>(scratch.size()) == k) break;
    if (row != block.self[query]) scratch.push_back({1.0, row});
  }
  results.Write(block, query, scratch);
}

}  // namespace residual_knn
