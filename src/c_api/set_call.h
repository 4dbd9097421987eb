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

// Runs a task. `source` is one of the sources of queries, in which entry points differ.
template <class Row, class Options, class Source, class Task>
residual_knn_status RunOnSets(const SetCall<Row, Options>& call, Source source, Task task) {
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
    const std::unique_ptr<QuerySet> queries = source(model, {options.layout, threads, monitor});
    const CallerSets<Row> sets(
        {call.neighbors, call.num_queries, call.k, dimension_major, call.numbering});
    sets.Check(model.n(), task.Rules(), [&](int64_t query) { return queries->RowOf(query); });
    const SetsJob job{model, *queries, sets, threads, monitor};
    task.Compute(CheckedCall<Options>{job, options, places, dimension_major});
  });
}

}  // namespace residual_knn
