#include "conditioning/select_sets.h"

#include <memory>

#include "search/search.h"

namespace residual_knn {

SearchStatistics SelectSets(const SearchJob& job, const SetRequest& request, Prepared& prepared) {
  const bool conditional = request.selection == Selection::kConditional;
  if (request.lists != nullptr) {
    return conditional ? ConditionalSetsOfLists(job, *request.lists, request.variances)
                       : NearestOfLists(job, *request.lists);
  }
  if (!conditional) return Search(job, prepared);
  // The statistics tell how the candidates were found; the selection adds its pairs and what it has counted.
  SearchStatistics statistics;
  const std::unique_ptr<RowLists> found =
      FindCandidates({job.model, job.queries, job.settings, job.monitor, job.start}, request.counts,
                     prepared, statistics);
  const SearchStatistics selected = ConditionalSetsOfLists(job, *found, request.variances);
  statistics.AddCanonical(selected.pairs_scored);
  statistics.candidates = selected.candidates;
  statistics.uninformative_queries = selected.uninformative_queries;
  statistics.uninformative_picks = selected.uninformative_picks;
  statistics.nearest_lengthscales = selected.nearest_lengthscales;
  return statistics;
}

}  // namespace residual_knn
