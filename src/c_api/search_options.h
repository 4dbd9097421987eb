// The options and the report of searches, which entry points of several files share.
#pragma once

#include <chrono>
#include <cstdint>

#include "model/residual_model.h"
#include "query/search_settings.h"
#include "query/search_statistics.h"
#include "residual_knn.h"

namespace residual_knn {

// The options of a search of a usable index.
residual_knn_search_options ReadSearchOptions(const residual_knn_index* index,
                                              const residual_knn_search_options* given);

// Checks the caller's report; NULL is allowed.
void CheckStatistics(const residual_knn_statistics* statistics);

// The settings of a search for the k nearest, after checks of the options.
SearchSettings ReadSettings(const residual_knn_search_options& options, int64_t k);

// Throws if a search of the model cannot have this ranking.
void RequireRankingOf(const ResidualModel& model, Ranking ranking);

// Throws for the ranking by scaled distance, in functions that use correlations. `why` they do not have it.
void RequireCorrelation(Ranking ranking, const char* why);

// Throws if an option for conditional selection is given. `reason` says why the entry point does not take it.
void RequireNoSelection(const residual_knn_search_options& options, const char* reason);

// Throws if candidate lists, start lists, conditional variances or a sink are given.
void RequireNoLists(const residual_knn_search_options& options, const char* reason);

// Throws if a sink is given.
void RequireNoSink(const residual_knn_search_options& options, const char* reason);

// What a report says besides the statistics of the search.
struct ReportFrame {
  std::chrono::steady_clock::time_point start;  // of the call
  int64_t num_queries;
  int64_t message_base;
};

// Fills the caller's struct as far as its struct_size reaches; NULL does nothing.
void WriteStatistics(const SearchStatistics& done, const ReportFrame& frame,
                     residual_knn_statistics* statistics);

}  // namespace residual_knn
