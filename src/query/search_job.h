// One search: its model, queries and settings, and where its answers and progress go.
#pragma once

#include "model/residual_model.h"
#include "parallel/monitor.h"
#include "query/query_set.h"
#include "query/result_sink.h"
#include "query/row_lists.h"
#include "query/search_settings.h"

namespace residual_knn {

// Refers to values that outlive the search.
struct SearchJob {
  const ResidualModel& model;
  const QuerySet& queries;
  const SearchSettings& settings;
  ResultSink& results;
  Monitor& monitor;
  // Rows that may be near the queries, for first thresholds; null: none. The answer does not depend on them.
  const RowLists* start = nullptr;
};

}  // namespace residual_knn
