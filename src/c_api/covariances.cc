// The entry points of residual covariances: of queries with their neighbors, and blocks.
#include <algorithm>
#include <vector>

#include "base/checked_size.h"
#include "c_api/set_call.h"
#include "conditioning/covariance_blocks.h"
#include "conditioning/set_covariances.h"

using residual_knn::CheckedCall;
using residual_knn::NewFactorSource;
using residual_knn::NewPointSource;
using residual_knn::RowSource;
using residual_knn::SetRules;

namespace {

using Options = residual_knn_covariance_options;
template <class Row>
using Call = residual_knn::SetCall<Row, Options>;

struct CovariancesTask {
  double* covariances;
  double* residual_variances;

  static const char* OptionsType() { return "residual_knn_covariance_options"; }
  static SetRules Rules() { return {.repeats = true}; }
  void Check(const Options& /*options*/) const {}

  void Compute(const CheckedCall<Options>& call) const {
    std::vector<double> values(covariances != nullptr ? static_cast<size_t>(call.places) : 0);
    std::vector<double> own(
        residual_variances != nullptr ? static_cast<size_t>(call.job.queries.size()) : 0);
    residual_knn::ComputeCovariances(
        call.job, {values.empty() ? nullptr : values.data(), own, call.dimension_major});
    std::copy(values.begin(), values.end(), covariances);
    std::copy(own.begin(), own.end(), residual_variances);
  }
};

struct BlocksTask {
  double* blocks;
  int64_t num_queries;
  int64_t k;

  static const char* OptionsType() { return CovariancesTask::OptionsType(); }
  static SetRules Rules() { return {}; }
  void Check(const Options& /*options*/) const {
    if (num_queries > 0) residual_knn::RequirePointer(blocks, "blocks");
    residual_knn::CheckedSize(num_queries, (k + 1) * (k + 1), "num_queries x (k + 1) x (k + 1)");
  }

  void Compute(const CheckedCall<Options>& call) const {
    std::vector<double> values(static_cast<size_t>(num_queries * (k + 1) * (k + 1)));
    residual_knn::ComputeCovarianceBlocks(call.job, values.data());
    std::copy(values.begin(), values.end(), blocks);
  }
};

}  // namespace

void residual_knn_covariance_options_init(residual_knn_covariance_options* options, size_t size) {
  residual_knn::InitializeStruct({}, options, size);
}

residual_knn_status residual_knn_covariances(const residual_knn_index* index, const int64_t* rows,
                                             int64_t num_queries,
                                             const residual_knn_covariance_options* options,
                                             int32_t k, const int64_t* neighbors,
                                             double* covariances, double* residual_variances) {
  return RunOnSets(Call<int64_t>{__func__, index, num_queries, options, k, {}, neighbors},
                   RowSource<int64_t>(rows, num_queries, 0, false),
                   CovariancesTask{covariances, residual_variances});
}

residual_knn_status residual_knn_covariances_of_new_points(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, const int64_t* neighbors,
    double* covariances, double* residual_variances) {
  return RunOnSets(Call<int64_t>{__func__, index, num_queries, options, k, {}, neighbors},
                   NewPointSource{queries, num_queries, "residual_knn_covariances_of_new_factor"},
                   CovariancesTask{covariances, residual_variances});
}

residual_knn_status residual_knn_covariances_of_new_factor(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, const int64_t* neighbors,
    double* covariances, double* residual_variances) {
  return RunOnSets(Call<int64_t>{__func__, index, num_queries, options, k, {}, neighbors},
                   NewFactorSource{query_factor, query_residual_variance, queries, num_queries,
                                   "residual_knn_covariances_of_new_points"},
                   CovariancesTask{covariances, residual_variances});
}

residual_knn_status residual_knn_covariances_int32(const residual_knn_index* index,
                                                   const int32_t* rows, int64_t num_queries,
                                                   const residual_knn_covariance_options* options,
                                                   int32_t k, int32_t base, int32_t missing,
                                                   const int32_t* neighbors, double* covariances,
                                                   double* residual_variances) {
  return RunOnSets(
      Call<int32_t>{__func__, index, num_queries, options, k, {base, missing}, neighbors},
      RowSource<int32_t>(rows, num_queries, base, false),
      CovariancesTask{covariances, residual_variances});
}

residual_knn_status residual_knn_covariances_of_new_points_int32(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* covariances, double* residual_variances) {
  return RunOnSets(
      Call<int32_t>{__func__, index, num_queries, options, k, {base, missing}, neighbors},
      NewPointSource{queries, num_queries, "residual_knn_covariances_of_new_factor"},
      CovariancesTask{covariances, residual_variances});
}

residual_knn_status residual_knn_covariances_of_new_factor_int32(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* covariances, double* residual_variances) {
  return RunOnSets(
      Call<int32_t>{__func__, index, num_queries, options, k, {base, missing}, neighbors},
      NewFactorSource{query_factor, query_residual_variance, queries, num_queries,
                      "residual_knn_covariances_of_new_points"},
      CovariancesTask{covariances, residual_variances});
}

residual_knn_status residual_knn_covariance_blocks(const residual_knn_index* index,
                                                   const int64_t* rows, int64_t num_queries,
                                                   const residual_knn_covariance_options* options,
                                                   int32_t k, const int64_t* neighbors,
                                                   double* blocks) {
  return RunOnSets(Call<int64_t>{__func__, index, num_queries, options, k, {}, neighbors},
                   RowSource<int64_t>(rows, num_queries, 0, false),
                   BlocksTask{blocks, num_queries, k});
}

residual_knn_status residual_knn_covariance_blocks_of_new_points(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, const int64_t* neighbors,
    double* blocks) {
  return RunOnSets(
      Call<int64_t>{__func__, index, num_queries, options, k, {}, neighbors},
      NewPointSource{queries, num_queries, "residual_knn_covariance_blocks_of_new_factor"},
      BlocksTask{blocks, num_queries, k});
}

residual_knn_status residual_knn_covariance_blocks_of_new_factor(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, const int64_t* neighbors,
    double* blocks) {
  return RunOnSets(Call<int64_t>{__func__, index, num_queries, options, k, {}, neighbors},
                   NewFactorSource{query_factor, query_residual_variance, queries, num_queries,
                                   "residual_knn_covariance_blocks_of_new_points"},
                   BlocksTask{blocks, num_queries, k});
}

residual_knn_status residual_knn_covariance_blocks_int32(
    const residual_knn_index* index, const int32_t* rows, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* blocks) {
  return RunOnSets(
      Call<int32_t>{__func__, index, num_queries, options, k, {base, missing}, neighbors},
      RowSource<int32_t>(rows, num_queries, base, false), BlocksTask{blocks, num_queries, k});
}

residual_knn_status residual_knn_covariance_blocks_of_new_points_int32(
    const residual_knn_index* index, const double* queries, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* blocks) {
  return RunOnSets(
      Call<int32_t>{__func__, index, num_queries, options, k, {base, missing}, neighbors},
      NewPointSource{queries, num_queries, "residual_knn_covariance_blocks_of_new_factor"},
      BlocksTask{blocks, num_queries, k});
}

residual_knn_status residual_knn_covariance_blocks_of_new_factor_int32(
    const residual_knn_index* index, const double* query_factor,
    const double* query_residual_variance, const double* queries, int64_t num_queries,
    const residual_knn_covariance_options* options, int32_t k, int32_t base, int32_t missing,
    const int32_t* neighbors, double* blocks) {
  return RunOnSets(
      Call<int32_t>{__func__, index, num_queries, options, k, {base, missing}, neighbors},
      NewFactorSource{query_factor, query_residual_variance, queries, num_queries,
                      "residual_knn_covariance_blocks_of_new_points"},
      BlocksTask{blocks, num_queries, k});
}
