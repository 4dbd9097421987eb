#include "mpi/lot_statistics.h"

#include <vector>

#include "tools/statistics_sum.h"

namespace residual_knn::mpi {

void AddLot(residual_knn_statistics lot, std::span<const int64_t> queries, int64_t message_base,
            residual_knn_statistics* sum) {
  if (lot.coarse_queries > 0) {
    lot.coarse_query = queries[static_cast<size_t>(lot.coarse_query - message_base)] + message_base;
  }
  const residual_knn_statistics before = *sum;
  cli::AddStatistics(lot, 0, sum);
  if (before.coarse_queries == 0 || lot.coarse_queries == 0) return;
  const residual_knn_statistics& first = lot.coarse_query < before.coarse_query ? lot : before;
  sum->coarse_query = first.coarse_query;
  sum->coarse_coordinate = first.coarse_coordinate;
  sum->coarse_value = first.coarse_value;
  sum->coarse_lengthscale = first.coarse_lengthscale;
}

void AddLeft(residual_knn_statistics left, residual_knn_statistics* sum) {
  left.queries = 0;
  left.coarse_queries = 0;
  cli::AddStatistics(left, 0, sum);
}

residual_knn_statistics SumOf(CommTeam& team, const residual_knn_statistics& mine, int32_t reason) {
  std::vector<residual_knn_statistics> all(static_cast<size_t>(team.size()), mine);
  std::vector<std::span<unsigned char>> parts;
  parts.reserve(all.size());
  for (residual_knn_statistics& of_one : all) {
    parts.emplace_back(reinterpret_cast<unsigned char*>(&of_one), sizeof of_one);
  }
  team.Exchange(parts);
  residual_knn_statistics sum;
  residual_knn_statistics_init(&sum, sizeof sum);
  // The numbers of coarse queries are already those of the whole search.
  std::vector<int64_t> itself(1);
  for (const residual_knn_statistics& of_one : all) {
    itself[0] = of_one.coarse_query;
    residual_knn_statistics lot = of_one;
    if (lot.coarse_queries > 0) lot.coarse_query = 0;
    if (lot.queries > 0 || lot.pairs > 0) AddLot(lot, itself, 0, &sum);
  }
  sum.threads = mine.threads;
  if (sum.queries > 0 && reason >= 0) sum.reason = reason;
  return sum;
}

}  // namespace residual_knn::mpi
