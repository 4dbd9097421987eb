// The entry points of weights and conditional variances.
#include <algorithm>
#include <chrono>
#include <vector>

#include "c_api/set_call.h"
#include "conditioning/set_weights.h"

using residual_knn::CheckedCall;
using residual_knn::NewFactorSource;
using residual_knn::NewPointSource;
using residual_knn::RowSource;
using residual_knn::SetRules;
using residual_knn::WeightsReport;

namespace {

template <class Row>
using Call = residual_knn::SetCall<Row, residual_knn_weights_options>;

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

struct WeightsTask {
  double* weights;
  double* variances;
  residual_knn_weights_report* report;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();

  static const char* OptionsType() { return "residual_knn_weights_options"; }
  static SetRules Rules() { return {}; }
  void Check(const residual_knn_weights_options& options) const {
    if (report != nullptr) {
      residual_knn::CheckStructSize(report->struct_size, "residual_knn_weights_report");
    }
    residual_knn::RequireNotNegative(options.jitter, "jitter");
  }

  void Compute(const CheckedCall<residual_knn_weights_options>& call) const {
    std::vector<double> new_weights(weights != nullptr ? static_cast<size_t>(call.places) : 0);
    std::vector<double> new_variances(static_cast<size_t>(call.job.queries.size()));
    const WeightsReport done = residual_knn::ComputeWeights(
        call.job, call.options.jitter,
        {new_weights.empty() ? nullptr : new_weights.data(), new_variances, call.dimension_major});
    std::copy(new_weights.begin(), new_weights.end(), weights);
    if (variances != nullptr) std::copy(new_variances.begin(), new_variances.end(), variances);
    if (report == nullptr) return;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    WriteReport(done, call.options.message_base, seconds.count(), report);
  }
};

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
  return RunOnSets(Call<int64_t>{__func__, index, num_queries, options, k, {}, neighbors},
                   RowSource<int64_t>(rows, num_queries, 0, false),
                   WeightsTask{weights, variances, report});
}

residual_knn_status residual_knn_weights_of_new_points(const residual_knn_index* index,
                                                       const double* queries, int64_t num_queries,
                                                       const residual_knn_weights_options* options,
                                                       int32_t k, const int64_t* neighbors,
                                                       double* weights, double* variances,
                                                       residual_knn_weights_report* report) {
  return RunOnSets(Call<int64_t>{__func__, index, num_queries, options, k, {}, neighbors},
                   NewPointSource{queries, num_queries, "residual_knn_weights_of_new_factor"},
                   WeightsTask{weights, variances, report});
}

residual_knn_status residual_knn_weights_of_new_factor(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_weights_options* options, int32_t k, const int64_t* neighbors,
    double* weights, double* variances, residual_knn_weights_report* report) {
  return RunOnSets(Call<int64_t>{__func__, index, num_queries, options, k, {}, neighbors},
                   NewFactorSource{query_factor, query_residual_variance, queries, num_queries,
                                   "residual_knn_weights_of_new_points"},
                   WeightsTask{weights, variances, report});
}

residual_knn_status residual_knn_weights_int32(const residual_knn_index* index, const int32_t* rows,
                                               int64_t num_queries,
                                               const residual_knn_weights_options* options,
                                               int32_t k, int32_t base, int32_t missing,
                                               const int32_t* neighbors, double* weights,
                                               double* variances,
                                               residual_knn_weights_report* report) {
  return RunOnSets(
      Call<int32_t>{__func__, index, num_queries, options, k, {base, missing}, neighbors},
      RowSource<int32_t>(rows, num_queries, base, false), WeightsTask{weights, variances, report});
}

residual_knn_status residual_knn_weights_of_new_points_int32(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_weights_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* weights, double* variances,
    residual_knn_weights_report* report) {
  return RunOnSets(
      Call<int32_t>{__func__, index, num_queries, options, k, {base, missing}, neighbors},
      NewPointSource{queries, num_queries, "residual_knn_weights_of_new_factor"},
      WeightsTask{weights, variances, report});
}

residual_knn_status residual_knn_weights_of_new_factor_int32(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_weights_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* weights, double* variances,
    residual_knn_weights_report* report) {
  return RunOnSets(
      Call<int32_t>{__func__, index, num_queries, options, k, {base, missing}, neighbors},
      NewFactorSource{query_factor, query_residual_variance, queries, num_queries,
                      "residual_knn_weights_of_new_points"},
      WeightsTask{weights, variances, report});
}
