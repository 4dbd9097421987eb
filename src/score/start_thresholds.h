// First thresholds from the start lists of a job.
#pragma once

#include <cstdint>
#include <vector>

#include "model/row_group.h"
#include "query/search_job.h"
#include "query/search_statistics.h"
#include "score/candidate_list.h"

namespace residual_knn {

// Each worker has one object, whose memory is reused.
class StartThresholds {
 public:
  explicit StartThresholds(const SearchJob& job);

  // Raises the threshold of query q to what its start list proves. Returns false if it proves nothing, as
  // lists of fewer than k candidates do. Counts the scores.
  // `scorer` is set to the query. Covariances of a callback are not asked for, because each query would take a call.
  bool Raise(const QueryBlock& block, int64_t q, const CanonicalScorer& scorer, CandidateList& list,
             SearchCounts& counts);

 private:
  const SearchJob job_;
  const bool any_;
  RowGroup group_;
  std::vector<int64_t> rows_;
  std::vector<double> rho_;
};

}  // namespace residual_knn
