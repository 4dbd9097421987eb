#include "workload.h"

#include <numeric>

namespace residual_knn::bench {

int64_t CountPairs(const Workload& workload, const std::vector<int64_t>& rows) {
  const int64_t n = workload.n;
  const int64_t queries = rows.empty() ? n : static_cast<int64_t>(rows.size());
  if (!workload.predecessors) return queries * (n - 1);
  // Row i has i predecessors.
  return rows.empty() ? n * (n - 1) / 2 : std::accumulate(rows.begin(), rows.end(), int64_t{0});
}

}  // namespace residual_knn::bench
