// A search section by section, for answers that need not be in memory as a whole. A section is some of the queries; its
// answer is passed on before the next section is searched.
#pragma once

#include <cstdint>
#include <span>

#include "conditioning/select_sets.h"
#include "query/search_job.h"
#include "query/search_statistics.h"
#include "search/prepared.h"

namespace residual_knn {

enum class SectionOrder {
  kByQuery,  // sections are consecutive queries, in the order of the results
  kBySpace   // sections are queries that are near each other
};

struct SectionPlan {
  int64_t most = 1;  // queries in a section
  SectionOrder order = SectionOrder::kByQuery;
};

// Takes the answers of sections. All calls come from the calling thread.
class SectionSink {
 public:
  // Where the answer of a section goes. A query has its place among those of the section.
  struct Target {
    ResultSink& results;
    double* variances;  // of conditional selection, k for each query; null: not wanted
  };

  SectionSink() = default;
  SectionSink(const SectionSink&) = delete;
  SectionSink& operator=(const SectionSink&) = delete;
  virtual ~SectionSink() = default;

  // A section with this many queries follows.
  virtual Target Begin(int64_t num_queries) = 0;
  // Its answer is complete. `slots`: the places of its queries in the results of all queries, ascending. May throw.
  virtual void End(std::span<const int64_t> slots) = 0;
};

// Searches as SelectSets does, with the same statistics, except that a timed sample is searched in addition if there is
// more than one section. The variances of the request are not used.
SearchStatistics SelectSetsBySections(const CandidateJob& job, const SetRequest& request,
                                      const SectionPlan& plan, SectionSink& sink,
                                      Prepared& prepared);

}  // namespace residual_knn
