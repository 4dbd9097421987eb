// The entry points of weights and conditional variances.
#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "c_api/arguments.h"
#include "c_api/caller_sets.h"
#include "c_api/caller_struct.h"
#include "c_api/guard.h"
#include "c_api/index_handle.h"
#include "c_api/query_arguments.h"
#include "conditioning/set_weights.h"
#include "model/callback_covariance.h"

using residual_knn::CallerSets;
using residual_knn::Guard;
using residual_knn::Monitor;
using residual_knn::QuerySet;
using residual_knn::WeightsReport;

namespace {

// The arguments that all entry points have in common.
template <class Row>
struct Request {
  const residual_knn_index* index;
  int64_t num_queries;
  const residual_knn_weights_options* options;
  int32_t k;
  residual_knn::Numbering<Row> numbering;
  const Row* neighbors;
  double* weights;
  double* variances;
  residual_knn_weights_report* report;
};

void WriteReport(const WeightsReport& done, int64_t message_base, double seconds,
                 residual_knn_weights_report* report) {
  residual_knn_weights_report record{};
  record.log_determinant = done.log_determinant;
  record.jittered_sets = done.jittered;
  record.first_jittered = done.jittered > 0 ? done.first_jittered + message_base : -1;
  record.degenerate_queries = done.degenerate_queries;
  record.seconds = seconds;
  residual_knn::WriteRecord(record, report);
}

// Computes weights. `make_queries(options, threads, monitor)` checks the arguments in which entry points differ, and
// returns the queries.
template <class Row, class MakeQueries>
residual_knn_status RunWeights(const char* function, const Request<Row>& request,
                               const MakeQueries& make_queries) {
  return Guard(function, residual_knn::MessageBaseOf(request.options), [&] {
    const auto start = std::chrono::steady_clock::now();
    residual_knn::RequirePointer(request.index, "index");
    residual_knn::RequireUsable(*request.index);
    const auto options = residual_knn::ReadOptions(request.options, residual_knn_weights_options{},
                                                   "residual_knn_weights_options");
    const int64_t places =
        residual_knn::CheckedPlaces(request.num_queries, request.k, request.neighbors);
    if (request.report != nullptr) {
      residual_knn::CheckStructSize(request.report->struct_size, "residual_knn_weights_report");
    }
    const residual_knn::ResidualModel& model = request.index->model;
    residual_knn::RequireNumbering(request.numbering, model.n());
    const bool dimension_major = residual_knn::IsDimensionMajor(options.layout);
    residual_knn::RequireNotNegative(options.jitter, "jitter");
    const int threads = residual_knn::UsableThreads(model.callback(),
                                                    residual_knn::CheckedThreads(options.threads));
    Monitor monitor(options.progress, options.progress_user);
    const std::unique_ptr<QuerySet> queries = make_queries(options, threads, monitor);
    const CallerSets<Row> sets(
        {request.neighbors, request.num_queries, request.k, dimension_major, request.numbering});
    sets.Check(model.n(), [&](int64_t query) { return queries->RowOf(query); });
    std::vector<double> weights(request.weights != nullptr ? static_cast<size_t>(places) : 0);
    std::vector<double> variances(static_cast<size_t>(request.num_queries));
    const WeightsReport done = residual_knn::ComputeWeights(
        {model, *queries, sets, options.jitter, threads, monitor},
        {weights.empty() ? nullptr : weights.data(), variances, dimension_major});
    std::copy(weights.begin(), weights.end(), request.weights);
    if (request.variances != nullptr) {
      std::copy(variances.begin(), variances.end(), request.variances);
    }
    if (request.report == nullptr) return;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    WriteReport(done, options.message_base, seconds.count(), request.report);
  });
}

template <class Row>
residual_knn_status WeightsOfRows(const char* function, const Request<Row>& request,
                                  const Row* rows) {
  residual_knn::RowArgument<Row> argument(rows, request.num_queries, request.numbering.base);
  return RunWeights(function, request, [&](const residual_knn_weights_options&, int, Monitor&) {
    return argument.Queries(request.index->model, false);
  });
}

template <class Row>
residual_knn_status WeightsOfNewPoints(const char* function, const Request<Row>& request,
                                       const double* queries) {
  return RunWeights(
      function, request, [&](const residual_knn_weights_options& options, int, Monitor&) {
        return residual_knn::NewPointQueriesOf(
            request.index->model,
            {queries, request.num_queries, options.layout, "residual_knn_weights_of_new_factor"});
      });
}

template <class Row>
residual_knn_status WeightsOfNewFactor(const char* function, const Request<Row>& request,
                                       const double* query_factor,
                                       const double* query_residual_variance,
                                       const double* queries) {
  return RunWeights(
      function, request,
      [&](const residual_knn_weights_options& options, int threads, Monitor& monitor) {
        return residual_knn::NewFactorQueriesOf(
            request.index->model,
            {query_factor, query_residual_variance, queries, request.num_queries, options.layout,
             "residual_knn_weights_of_new_points"},
            threads, monitor);
      });
}

}  // namespace

void residual_knn_weights_options_init(residual_knn_weights_options* options, size_t size) {
  residual_knn::InitializeStruct({}, options, size);
}

void residual_knn_weights_report_init(residual_knn_weights_report* report, size_t size) {
  residual_knn::InitializeStruct({}, report, size);
}

residual_knn_status residual_knn_weights(const residual_knn_index* index, const int64_t* rows,
                                         int64_t num_queries,
                                         const residual_knn_weights_options* options, int32_t k,
                                         const int64_t* neighbors, double* weights,
                                         double* variances, residual_knn_weights_report* report) {
  return WeightsOfRows<int64_t>(
      __func__, {index, num_queries, options, k, {}, neighbors, weights, variances, report}, rows);
}

residual_knn_status residual_knn_weights_of_new_points(const residual_knn_index* index,
                                                       const double* queries, int64_t num_queries,
                                                       const residual_knn_weights_options* options,
                                                       int32_t k, const int64_t* neighbors,
                                                       double* weights, double* variances,
                                                       residual_knn_weights_report* report) {
  return WeightsOfNewPoints<int64_t>(
      __func__, {index, num_queries, options, k, {}, neighbors, weights, variances, report},
      queries);
}

residual_knn_status residual_knn_weights_of_new_factor(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_weights_options* options, int32_t k, const int64_t* neighbors,
    double* weights, double* variances, residual_knn_weights_report* report) {
  return WeightsOfNewFactor<int64_t>(
      __func__, {index, num_queries, options, k, {}, neighbors, weights, variances, report},
      query_factor, query_residual_variance, queries);
}

residual_knn_status residual_knn_weights_int32(const residual_knn_index* index, const int32_t* rows,
                                               int64_t num_queries,
                                               const residual_knn_weights_options* options,
                                               int32_t k, int32_t base, int32_t missing,
                                               const int32_t* neighbors, double* weights,
                                               double* variances,
                                               residual_knn_weights_report* report) {
  return WeightsOfRows<int32_t>(
      __func__,
      {index, num_queries, options, k, {base, missing}, neighbors, weights, variances, report},
      rows);
}

residual_knn_status residual_knn_weights_of_new_points_int32(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_weights_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* weights, double* variances,
    residual_knn_weights_report* report) {
  return WeightsOfNewPoints<int32_t>(
      __func__,
      {index, num_queries, options, k, {base, missing}, neighbors, weights, variances, report},
      queries);
}

residual_knn_status residual_knn_weights_of_new_factor_int32(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_weights_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* weights, double* variances,
    residual_knn_weights_report* report) {
  return WeightsOfNewFactor<int32_t>(
      __func__,
      {index, num_queries, options, k, {base, missing}, neighbors, weights, variances, report},
      query_factor, query_residual_variance, queries);
}
