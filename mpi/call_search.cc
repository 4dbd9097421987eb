#include "mpi/call_search.h"

#include <vector>

#include "mpi/failure.h"
#include "mpi/lot_statistics.h"

namespace residual_knn::mpi {

CallSearch::CallSearch(const SearchCall& call, const residual_knn_search_options& options,
                       bool wants_distances)
    : k_(call.k),
      options_(options),
      wants_distances_(wants_distances),
      arrays_(call, options, InfoOf(call.index).d) {
  residual_knn_statistics_init(&statistics_, sizeof statistics_);
}

residual_knn_statistics CallSearch::Search(std::span<const int64_t> queries, int32_t strategy) {
  const residual_knn_statistics lot = Append(queries, strategy);
  AddLot(lot, queries, options_.message_base, &statistics_);
  return lot;
}

void CallSearch::SearchLeft(std::span<const int64_t> queries) {
  if (queries.empty()) return;
  AddLeft(Append(queries, RESIDUAL_KNN_BRUTE_FORCE), &statistics_);
}

residual_knn_statistics CallSearch::Append(std::span<const int64_t> queries, int32_t strategy) {
  const size_t before = found_.neighbors.size();
  const auto places = static_cast<size_t>(k_);
  arrays_.Take(queries);
  Resize(before + queries.size() * places);
  double* const distances = wants_distances_ ? found_.distances.data() + before : nullptr;
  double* const variances = selects() ? found_.conditional_variances.data() + before : nullptr;
  arrays_.options().strategy = strategy;
  arrays_.options().conditional_variances = variances;
  residual_knn_statistics statistics;
  residual_knn_statistics_init(&statistics, sizeof statistics);
  CheckStatus(arrays_.Search(found_.neighbors.data() + before, distances, &statistics,
                             left_.Marks(queries.size())));
  left_.RemoveFrom(k_, found_.neighbors.data() + before);
  left_.RemoveFrom(k_, distances);
  left_.RemoveFrom(k_, variances);
  const std::vector<int64_t> searched = left_.Divide(queries);
  found_.queries.insert(found_.queries.end(), searched.begin(), searched.end());
  Resize(before + searched.size() * places);
  return statistics;
}

void CallSearch::Resize(size_t places) {
  found_.neighbors.resize(places);
  if (wants_distances_) found_.distances.resize(places);
  if (selects()) found_.conditional_variances.resize(places);
}

}  // namespace residual_knn::mpi
