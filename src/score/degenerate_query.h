// The answer for a query whose correlation is undefined.
#pragma once

#include <cstdint>
#include <vector>

#include "query/result_sink.h"
#include "query/search_settings.h"

namespace residual_knn {

// The query is at distance 1 from all points: the smallest rows are its k neighbors. Its rho is 0, so a threshold of 0
// keeps all rows, and any other threshold none. `scratch` is reused.
inline void WriteDegenerate(const QueryBlock& block, int64_t query, const SearchSettings& settings,
                            std::vector<Neighbor>& scratch, ResultSink& results) {
  int64_t k = settings.k;
  if (settings.least_correlation) k = *settings.least_correlation > 0 ? 0 : block.limit[query];
  scratch.clear();
  for (int64_t row = 0; row < block.limit[query]; ++row) {
    if (static_cast<int64_t>(scratch.size()) == k) break;
    if (row != block.self[query]) scratch.push_back({1.0, row});
  }
  results.Write(block, query, scratch);
}

}  // namespace residual_knn
