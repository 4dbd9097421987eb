// The entry points of searches. They turn arguments into a QuerySet and ResultArrays, and call SelectSets.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include "c_api/arguments.h"
#include "c_api/caller_struct.h"
#include "c_api/guard.h"
#include "c_api/index_handle.h"
#include "c_api/query_arguments.h"
#include "c_api/result_arrays.h"
#include "c_api/search_options.h"
#include "c_api/set_arguments.h"
#include "c_api/sink_argument.h"
#include "c_api/start_argument.h"
#include "c_api/team.h"
#include "conditioning/section_search.h"
#include "conditioning/select_sets.h"
#include "model/callback_covariance.h"

using residual_knn::ArraySink;
using residual_knn::BatchSink;
using residual_knn::Guard;
using residual_knn::LeftQueries;
using residual_knn::Monitor;
using residual_knn::NewFactorSource;
using residual_knn::NewPointSource;
using residual_knn::QuerySet;
using residual_knn::ResidualModel;
using residual_knn::ResultArrays;
using residual_knn::RowSource;
using residual_knn::SearchSettings;
using residual_knn::SearchStatistics;
using residual_knn::SetArguments;
using residual_knn::SinkArgument;
using residual_knn::StartArgument;

namespace {

// The arguments that all search entry points have in common.
template <class Row>
struct Request {
  const residual_knn_index* index;
  int64_t num_queries;
  const residual_knn_search_options* options;
  int32_t k;
  Row base;
  Row missing;
  Row* neighbors;
  double* distances;
  residual_knn_statistics* statistics;
  unsigned char* left = nullptr;  // of residual_knn_team_search
};

// One search, checked and ready to run.
template <class Row>
struct Ready {
  const residual_knn_index& index;
  const QuerySet& queries;
  const SearchSettings& settings;
  const SetArguments<Row>& sets;
  const StartArgument<Row>& start;
  Monitor& monitor;
  bool may_be_cancelled;
};

template <class Row>
SearchStatistics SearchInto(const Ready<Row>& ready, const ResultArrays<Row>& arrays) {
  const ResidualModel& model = ready.index.model;
  const auto search = [&](ArraySink<Row>& sink) {
    return SelectSets(
        {model, ready.queries, ready.settings, sink, ready.monitor, ready.start.lists()},
        ready.sets.request(), *ready.index.prepared);
  };
  if (model.callback().function != nullptr || ready.may_be_cancelled || ready.sets.selects() ||
      ready.start.Overlaps(arrays.neighbors, arrays.num_queries * arrays.k)) {
    residual_knn::StagedResults<Row> staged(arrays);
    ArraySink<Row> sink(staged.arrays());
    const SearchStatistics statistics = search(sink);
    staged.Commit();
    return statistics;
  }
  ArraySink<Row> sink(arrays);
  try {
    return search(sink);
  } catch (...) {
    sink.Clear();
    throw;
  }
}

// The arrays have no memory; they say how batches are laid out.
template <class Row>
SearchStatistics SearchToSink(const Ready<Row>& ready, const SinkArgument& argument,
                              const ResultArrays<Row>& arrays) {
  const ResidualModel& model = ready.index.model;
  BatchSink<Row> sink(argument, arrays, ready.sets.request().selection,
                      residual_knn::UsableThreads(model.callback(), ready.settings.threads));
  return SelectSetsBySections(
      {ready.index.model, ready.queries, ready.settings, ready.monitor, ready.start.lists()},
      ready.sets.request(), argument.PlanFor(arrays.k), sink, *ready.index.prepared);
}

// Runs a search. `source` is one of the sources of queries, in which entry points differ.
template <class Row, class Source>
residual_knn_status RunSearch(const char* function, const Request<Row>& request, Source source) {
  return Guard(function, residual_knn::MessageBaseOf(request.options), [&] {
    const auto start = std::chrono::steady_clock::now();
    const auto options = residual_knn::ReadSearchOptions(request.index, request.options);
    const SinkArgument sink(options, request.neighbors, request.distances);
    if (sink) {
      residual_knn::CheckedSizes(request.num_queries, request.k);
    } else {
      residual_knn::CheckedPlaces(request.num_queries, request.k, request.neighbors);
    }
    residual_knn::CheckStatistics(request.statistics);
    const ResidualModel& model = request.index->model;
    const residual_knn::Numbering<Row> numbering{request.base, request.missing};
    residual_knn::RequireNumbering(numbering, model.n());
    const bool dimension_major = residual_knn::IsDimensionMajor(options.layout);
    SearchSettings settings = residual_knn::ReadSettings(options, request.k);
    residual_knn::RequireRankingOf(model, settings.ranking);
    const StartArgument<Row> start_lists(options, model.n(), request.num_queries, numbering);
    Monitor monitor(options.progress, options.progress_user);
    const SetArguments<Row> sets(options,
                                 {model, request.num_queries, request.k, numbering, monitor});
    LeftQueries left;
    if (request.left != nullptr && !sets.selects()) settings.left = &left;
    const std::unique_ptr<QuerySet> queries =
        source(model, {options.layout, settings.threads, monitor});
    const ResultArrays<Row> arrays{request.neighbors, request.distances, request.num_queries,
                                   request.k,         dimension_major,   request.base,
                                   request.missing};
    const Ready<Row> ready{*request.index,
                           *queries,
                           settings,
                           sets,
                           start_lists,
                           monitor,
                           options.progress != nullptr};
    const SearchStatistics done =
        sink ? SearchToSink(ready, sink, arrays) : SearchInto(ready, arrays);
    std::copy(sets.variances().begin(), sets.variances().end(), options.conditional_variances);
    if (request.left != nullptr) {
      std::fill_n(request.left, request.num_queries, 0);
      for (const int64_t slot : left.slots) request.left[slot] = 1;
    }
    residual_knn::WriteStatistics(done, {start, request.num_queries, options.message_base},
                                  request.statistics);
  });
}

}  // namespace

void residual_knn_search_options_init(residual_knn_search_options* options, size_t size) {
  residual_knn::InitializeStruct({}, options, size);
}

void residual_knn_statistics_init(residual_knn_statistics* statistics, size_t size) {
  residual_knn::InitializeStruct({}, statistics, size);
}

residual_knn_status residual_knn_neighbors(const residual_knn_index* index, const int64_t* rows,
                                           int64_t num_queries,
                                           const residual_knn_search_options* options, int32_t k,
                                           int64_t* neighbors, double* distances,
                                           residual_knn_statistics* statistics) {
  return RunSearch(
      __func__,
      Request<int64_t>{index, num_queries, options, k, 0, -1, neighbors, distances, statistics},
      RowSource<int64_t>(rows, num_queries, 0, false));
}

residual_knn_status residual_knn_predecessors(const residual_knn_index* index, const int64_t* rows,
                                              int64_t num_queries,
                                              const residual_knn_search_options* options, int32_t k,
                                              int64_t* neighbors, double* distances,
                                              residual_knn_statistics* statistics) {
  return RunSearch(
      __func__,
      Request<int64_t>{index, num_queries, options, k, 0, -1, neighbors, distances, statistics},
      RowSource<int64_t>(rows, num_queries, 0, true));
}

residual_knn_status residual_knn_neighbors_of_new_points(const residual_knn_index* index,
                                                         const double* queries, int64_t num_queries,
                                                         const residual_knn_search_options* options,
                                                         int32_t k, int64_t* neighbors,
                                                         double* distances,
                                                         residual_knn_statistics* statistics) {
  return RunSearch(
      __func__,
      Request<int64_t>{index, num_queries, options, k, 0, -1, neighbors, distances, statistics},
      NewPointSource{queries, num_queries, "residual_knn_neighbors_of_new_factor"});
}

residual_knn_status residual_knn_team_search(const residual_knn_index* index,
                                             const residual_knn_team_question* part,
                                             const residual_knn_search_options* options,
                                             int64_t* neighbors, double* distances,
                                             residual_knn_statistics* statistics,
                                             unsigned char* left) {
  const residual_knn_team_question& q = *part;
  const auto run = [&](const auto& source) {
    return RunSearch("residual_knn_team_search",
                     Request<int64_t>{index, q.num_queries, options, q.k, 0, -1, neighbors,
                                      distances, statistics, left},
                     source);
  };
  if (q.new_points == nullptr) {
    return run(RowSource<int64_t>(q.rows, q.num_queries, 0, q.predecessors != 0));
  }
  return run(NewPointSource{q.new_points, q.num_queries, "residual_knn_neighbors_of_new_factor"});
}

residual_knn_status residual_knn_neighbors_of_new_factor(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_search_options* options, int32_t k, int64_t* neighbors, double* distances,
    residual_knn_statistics* statistics) {
  return RunSearch(
      __func__,
      Request<int64_t>{index, num_queries, options, k, 0, -1, neighbors, distances, statistics},
      NewFactorSource{query_factor, query_residual_variance, queries, num_queries,
                      "residual_knn_neighbors_of_new_points"});
}

residual_knn_status residual_knn_neighbors_int32(const residual_knn_index* index,
                                                 const int32_t* rows, int64_t num_queries,
                                                 const residual_knn_search_options* options,
                                                 int32_t k, int32_t base, int32_t missing,
                                                 int32_t* neighbors, double* distances,
                                                 residual_knn_statistics* statistics) {
  return RunSearch(__func__,
                   Request<int32_t>{index, num_queries, options, k, base, missing, neighbors,
                                    distances, statistics},
                   RowSource<int32_t>(rows, num_queries, base, false));
}

residual_knn_status residual_knn_predecessors_int32(const residual_knn_index* index,
                                                    const int32_t* rows, int64_t num_queries,
                                                    const residual_knn_search_options* options,
                                                    int32_t k, int32_t base, int32_t missing,
                                                    int32_t* neighbors, double* distances,
                                                    residual_knn_statistics* statistics) {
  return RunSearch(__func__,
                   Request<int32_t>{index, num_queries, options, k, base, missing, neighbors,
                                    distances, statistics},
                   RowSource<int32_t>(rows, num_queries, base, true));
}

residual_knn_status residual_knn_neighbors_of_new_points_int32(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_search_options* options, int32_t k, int32_t base, int32_t missing,
    int32_t* neighbors, double* distances, residual_knn_statistics* statistics) {
  return RunSearch(__func__,
                   Request<int32_t>{index, num_queries, options, k, base, missing, neighbors,
                                    distances, statistics},
                   NewPointSource{queries, num_queries, "residual_knn_neighbors_of_new_factor"});
}

residual_knn_status residual_knn_neighbors_of_new_factor_int32(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_search_options* options, int32_t k, int32_t base, int32_t missing,
    int32_t* neighbors, double* distances, residual_knn_statistics* statistics) {
  return RunSearch(__func__,
                   Request<int32_t>{index, num_queries, options, k, base, missing, neighbors,
                                    distances, statistics},
                   NewFactorSource{query_factor, query_residual_variance, queries, num_queries,
                                   "residual_knn_neighbors_of_new_points"});
}
