// The frame of the functions that compute something for queries and their sets of neighbors: it checks the arguments that
// they have in common, and makes the queries.
//
// Such a function is a task with these members:
//     const char* OptionsType()          the name of the type of its options
//     SetRules Rules()                   what its sets may hold
//     void Check(const Options&)         checks its other arguments
//     void Compute(const CheckedCall&)   does its work
#pragma once

#include <cstdint>
#include <memory>

#include "c_api/arguments.h"
#include "c_api/caller_sets.h"
#include "c_api/caller_struct.h"
#include "c_api/guard.h"
#include "c_api/index_handle.h"
#include "c_api/query_arguments.h"
#include "conditioning/for_each_set.h"
#include "model/callback_covariance.h"

namespace residual_knn {

template <class Row, class Options>
struct SetCall {
  const char* function;
  const residual_knn_index* index;
  int64_t num_queries;
  const Options* options;
  int32_t k;
  Numbering<Row> numbering;
  const Row* neighbors;
};

template <class Options>
struct CheckedCall {
  const SetsJob& job;
  const Options& options;
  int64_t places;  // num_queries x k
  bool dimension_major;
};

// New points whose V and p the caller gives.
struct NewFactor {
  const double* query_factor;
  const double* query_residual_variance;
  const double* queries;
};

// Runs a task. `make_queries(options, threads, monitor)` checks the arguments in which entry points differ, and returns
// the queries.
template <class Row, class Options, class Task, class MakeQueries>
residual_knn_status RunOnSets(const SetCall<Row, Options>& call, Task& task,
                              const MakeQueries& make_queries) {
  return Guard(call.function, MessageBaseOf(call.options), [&] {
    RequirePointer(call.index, "index");
    RequireUsable(*call.index);
    const Options options = ReadOptions(call.options, Options{}, task.OptionsType());
    const int64_t places = CheckedPlaces(call.num_queries, call.k, call.neighbors);
    const ResidualModel& model = call.index->model;
    RequireNumbering(call.numbering, model.n());
    const bool dimension_major = IsDimensionMajor(options.layout);
    task.Check(options);
    const int threads = UsableThreads(model.callback(), CheckedThreads(options.threads));
    Monitor monitor(options.progress, options.progress_user);
    const std::unique_ptr<QuerySet> queries = make_queries(options, threads, monitor);
    const CallerSets<Row> sets(
        {call.neighbors, call.num_queries, call.k, dimension_major, call.numbering});
    sets.Check(model.n(), task.Rules(), [&](int64_t query) { return queries->RowOf(query); });
    const SetsJob job{model, *queries, sets, threads, monitor};
    task.Compute(CheckedCall<Options>{job, options, places, dimension_major});
  });
}

template <class Row, class Options, class Task>
residual_knn_status RunOnRows(const SetCall<Row, Options>& call, const Row* rows, Task task) {
  RowArgument<Row> argument(rows, call.num_queries, call.numbering.base);
  return RunOnSets(call, task, [&](const Options&, int, Monitor&) {
    return argument.Queries(call.index->model, false);
  });
}

// `other_function` is for an index that was made from the caller's V and p.
template <class Row, class Options, class Task>
residual_knn_status RunOnNewPoints(const SetCall<Row, Options>& call, const double* queries,
                                   const char* other_function, Task task) {
  return RunOnSets(call, task, [&](const Options& options, int, Monitor&) {
    return NewPointQueriesOf(call.index->model,
                             {queries, call.num_queries, options.layout, other_function});
  });
}

// `other_function` is for an index that computes V and p.
template <class Row, class Options, class Task>
residual_knn_status RunOnNewFactor(const SetCall<Row, Options>& call, const NewFactor& values,
                                   const char* other_function, Task task) {
  return RunOnSets(call, task, [&](const Options& options, int threads, Monitor& monitor) {
    return NewFactorQueriesOf(call.index->model,
                              {values.query_factor, values.query_residual_variance, values.queries,
                               call.num_queries, options.layout, other_function},
                              threads, monitor);
  });
}

}  // namespace residual_knn
