// One search: its model, queries and settings, and where its answers and progress go.
#pragma once

#include "model/residual_model.h"
#include "parallel/monitor.h"
#include "query/query_set.h"
#include "query/result_sink.h"
#include "query/search_settings.h"
#include "query/start_lists.h"

namespace residual_knn {

// Refers to values that outlive the search.
struct SearchJob {
  const ResidualModel& model;
  const QuerySet& queries;
  const SearchSettings& settings;
  ResultSink& results;
  Monitor& monitor;
  const StartLists* start = nullptr;  // null: none
};

}  // namespace residual_knn
