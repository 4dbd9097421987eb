// The entry points of searches for all candidates above a threshold.
#include <chrono>
#include <memory>
#include <string>

#include "c_api/arguments.h"
#include "c_api/caller_struct.h"
#include "c_api/compressed_rows.h"
#include "c_api/guard.h"
#include "c_api/index_handle.h"
#include "c_api/query_arguments.h"
#include "c_api/search_options.h"
#include "search/search.h"

using residual_knn::CompressedRows;
using residual_knn::Guard;
using residual_knn::Monitor;
using residual_knn::NewFactorSource;
using residual_knn::NewPointSource;
using residual_knn::QuerySet;
using residual_knn::RowSource;
using residual_knn::SearchSettings;
using residual_knn::SearchStatistics;

namespace {

// The arguments that all entry points have in common.
template <class Row>
struct Request {
  const residual_knn_index* index;
  int64_t num_queries;
  const residual_knn_search_options* options;
  double threshold;
  Row base;
  int64_t capacity;
  int64_t* offsets;
  Row* neighbors;
  double* distances;
  residual_knn_statistics* statistics;
};

template <class Row>
void Check(const Request<Row>& request) {
  residual_knn::RequireAtLeast(request.num_queries, 0, "num_queries");
  if (!(request.threshold >= 0 && request.threshold <= 1)) {
    residual_knn::ThrowInvalid("threshold is " + residual_knn::Describe(request.threshold) +
                               ", must be between 0 and 1");
  }
  residual_knn::RequireAtLeast(request.capacity, 0, "capacity");
  residual_knn::RequirePointer(request.offsets, "offsets");
  if (request.capacity > 0) residual_knn::RequirePointer(request.neighbors, "neighbors");
  residual_knn::CheckStatistics(request.statistics);
  // No place is without a neighbor, so any value may stand for it.
  residual_knn::RequireNumbering<Row>({request.base, -1}, request.index->model.n());
}

// Runs a search. `source` is one of the sources of queries, in which entry points differ.
template <class Row, class Source>
residual_knn_status FindPairs(const char* function, const Request<Row>& request, Source source) {
  return Guard(function, residual_knn::MessageBaseOf(request.options), [&] {
    const auto start = std::chrono::steady_clock::now();
    const auto options = residual_knn::ReadSearchOptions(request.index, request.options);
    Check(request);
    residual_knn::IsDimensionMajor(options.layout);
    constexpr const char* kReason = "searches above a threshold do not use it";
    residual_knn::RequireNoSelection(options, kReason);
    residual_knn::RequireNoLists(options, kReason);
    SearchSettings settings = residual_knn::ReadSettings(options, 0);
    residual_knn::RequireCorrelation(settings.ranking, "the threshold is a correlation");
    settings.least_correlation = request.threshold;
    settings.counts_informative = false;
    Monitor monitor(options.progress, options.progress_user);
    const std::unique_ptr<QuerySet> queries =
        source(request.index->model, {options.layout, settings.threads, monitor});
    CompressedRows found(request.num_queries, request.capacity);
    const SearchStatistics done = Search({request.index->model, *queries, settings, found, monitor},
                                         *request.index->prepared);
    if (found.complete()) found.Sort(settings.threads, monitor);
    found.CopyOffsets(request.offsets);
    if (!found.complete() && request.capacity > 0) {
      residual_knn::ThrowInvalid("capacity is " + std::to_string(request.capacity) +
                                 ", must be at least " + std::to_string(found.total()) +
                                 ", the number of pairs");
    }
    found.CopyNeighbors(request.base, request.neighbors, request.distances);
    residual_knn::WriteStatistics(done, {start, request.num_queries, options.message_base},
                                  request.statistics);
  });
}

}  // namespace

residual_knn_status residual_knn_neighbors_above(
    const residual_knn_index* index, const int64_t* rows, int64_t num_queries,
    const residual_knn_search_options* options, double threshold, int64_t capacity,
    int64_t* offsets, int64_t* neighbors, double* distances, residual_knn_statistics* statistics) {
  return FindPairs(__func__,
                   Request<int64_t>{index, num_queries, options, threshold, 0, capacity, offsets,
                                    neighbors, distances, statistics},
                   RowSource<int64_t>(rows, num_queries, 0, false));
}

residual_knn_status residual_knn_predecessors_above(
    const residual_knn_index* index, const int64_t* rows, int64_t num_queries,
    const residual_knn_search_options* options, double threshold, int64_t capacity,
    int64_t* offsets, int64_t* neighbors, double* distances, residual_knn_statistics* statistics) {
  return FindPairs(__func__,
                   Request<int64_t>{index, num_queries, options, threshold, 0, capacity, offsets,
                                    neighbors, distances, statistics},
                   RowSource<int64_t>(rows, num_queries, 0, true));
}

residual_knn_status residual_knn_neighbors_of_new_points_above(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_search_options* options, double threshold, int64_t capacity,
    int64_t* offsets, int64_t* neighbors, double* distances, residual_knn_statistics* statistics) {
  return FindPairs(
      __func__,
      Request<int64_t>{index, num_queries, options, threshold, 0, capacity, offsets, neighbors,
                       distances, statistics},
      NewPointSource{queries, num_queries, "residual_knn_neighbors_of_new_factor_above"});
}

residual_knn_status residual_knn_neighbors_of_new_factor_above(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_search_options* options, double threshold, int64_t capacity,
    int64_t* offsets, int64_t* neighbors, double* distances, residual_knn_statistics* statistics) {
  return FindPairs(__func__,
                   Request<int64_t>{index, num_queries, options, threshold, 0, capacity, offsets,
                                    neighbors, distances, statistics},
                   NewFactorSource{query_factor, query_residual_variance, queries, num_queries,
                                   "residual_knn_neighbors_of_new_points_above"});
}

residual_knn_status residual_knn_neighbors_above_int32(
    const residual_knn_index* index, const int32_t* rows, int64_t num_queries,
    const residual_knn_search_options* options, double threshold, int32_t base, int64_t capacity,
    int64_t* offsets, int32_t* neighbors, double* distances, residual_knn_statistics* statistics) {
  return FindPairs(__func__,
                   Request<int32_t>{index, num_queries, options, threshold, base, capacity, offsets,
                                    neighbors, distances, statistics},
                   RowSource<int32_t>(rows, num_queries, base, false));
}

residual_knn_status residual_knn_predecessors_above_int32(
    const residual_knn_index* index, const int32_t* rows, int64_t num_queries,
    const residual_knn_search_options* options, double threshold, int32_t base, int64_t capacity,
    int64_t* offsets, int32_t* neighbors, double* distances, residual_knn_statistics* statistics) {
  return FindPairs(__func__,
                   Request<int32_t>{index, num_queries, options, threshold, base, capacity, offsets,
                                    neighbors, distances, statistics},
                   RowSource<int32_t>(rows, num_queries, base, true));
}

residual_knn_status residual_knn_neighbors_of_new_points_above_int32(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_search_options* options, double threshold, int32_t base, int64_t capacity,
    int64_t* offsets, int32_t* neighbors, double* distances, residual_knn_statistics* statistics) {
  return FindPairs(
      __func__,
      Request<int32_t>{index, num_queries, options, threshold, base, capacity, offsets, neighbors,
                       distances, statistics},
      NewPointSource{queries, num_queries, "residual_knn_neighbors_of_new_factor_above"});
}

residual_knn_status residual_knn_neighbors_of_new_factor_above_int32(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_search_options* options, double threshold, int32_t base, int64_t capacity,
    int64_t* offsets, int32_t* neighbors, double* distances, residual_knn_statistics* statistics) {
  return FindPairs(__func__,
                   Request<int32_t>{index, num_queries, options, threshold, base, capacity, offsets,
                                    neighbors, distances, statistics},
                   NewFactorSource{query_factor, query_residual_variance, queries, num_queries,
                                   "residual_knn_neighbors_of_new_points_above"});
}
