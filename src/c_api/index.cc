// Creating, describing and freeing an index.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/describe.h"
#include "c_api/arguments.h"
#include "c_api/caller_struct.h"
#include "c_api/caller_team.h"
#include "c_api/guard.h"
#include "c_api/index_handle.h"
#include "c_api/memory_limit.h"
#include "model/model_builder.h"

using residual_knn::BuildModel;
using residual_knn::CheckedMatrix;
using residual_knn::CovarianceFunction;
using residual_knn::FactorStorage;
using residual_knn::Guard;
using residual_knn::IndexSizes;
using residual_knn::Monitor;
using residual_knn::ResidualModel;

namespace {

using Clock = std::chrono::steady_clock;

residual_knn_model_options Defaults() {
  residual_knn_model_options options{};
  options.kernel = RESIDUAL_KNN_MATERN32;
  options.variance = 1;
  options.nu = 1.5;
  options.alpha = 1;
  options.jitter = 1e-8;
  return options;
}

residual_knn_model_options ReadModelOptions(const residual_knn_model_options* options) {
  const residual_knn_model_options o =
      residual_knn::ReadOptions(options, Defaults(), "residual_knn_model_options");
  if (o.factor_storage < RESIDUAL_KNN_FACTOR_AUTOMATIC ||
      o.factor_storage > RESIDUAL_KNN_FACTOR_COMPUTED) {
    residual_knn::ThrowInvalid("factor_storage is " + std::to_string(o.factor_storage) +
                               ", must be a value of enum residual_knn_factor_storage");
  }
  residual_knn::RequireAtLeast(o.max_bytes, 0, "max_bytes");
  if (o.reserved != 0) {
    residual_knn::ThrowInvalid("reserved is " + std::to_string(o.reserved) + ", must be 0");
  }
  return o;
}

void RequireVariances(const residual_knn_model_options& options) {
  residual_knn::RequireNotNegative(options.nugget, "nugget");
  residual_knn::RequireNotNegative(options.jitter, "jitter");
  residual_knn::RequireNotNegative(options.max_jitter, "max_jitter");
}

CovarianceFunction ReadCovariance(const residual_knn_model_options& options) {
  return CovarianceFunction({options.kernel, options.variance, options.nu, options.alpha});
}

// Where V is, for an index with inducing points.
FactorStorage StorageOf(const residual_knn_model_options& options, const IndexSizes& sizes) {
  FactorStorage storage;
  const auto limit = static_cast<double>(options.max_bytes);
  // Without columns there is nothing to compute.
  if (sizes.m > 0 && options.factor_storage == RESIDUAL_KNN_FACTOR_COMPUTED) storage.stored = false;
  if (sizes.m > 0 && options.factor_storage == RESIDUAL_KNN_FACTOR_AUTOMATIC && limit > 0) {
    const double with = sizes.LeastBytes(true);
    const double v = with - sizes.LeastBytes(false);
    storage.stored = with + residual_knn::kTimesVForPreparations * v <= limit;
  }
  residual_knn::RequireWithinLimit(options.max_bytes, sizes, storage.stored);
  storage.cache_bytes = residual_knn::CacheBytesWithin(options.max_bytes);
  return storage;
}

void RequireStored(const residual_knn_model_options& options, const IndexSizes& sizes) {
  residual_knn::RequireWithinLimit(options.max_bytes, sizes, true);
  if (options.factor_storage == RESIDUAL_KNN_FACTOR_COMPUTED) {
    throw residual_knn::Error(RESIDUAL_KNN_ERROR_UNSUPPORTED,
                              "factor_storage is RESIDUAL_KNN_FACTOR_COMPUTED, which only "
                              "residual_knn_index_create supports: "
                              "V that the caller gives is stored");
  }
}

void RequireSizes(int64_t n, int64_t m) {
  residual_knn::RequireAtLeast(n, 1, "n");
  residual_knn::RequireAtLeast(m, 0, "m");
}

double CheckedFactorError(const residual_knn_model_options& options) {
  if (!(options.factor_error >= 0) || !(options.factor_error <= 1)) {
    residual_knn::ThrowInvalid("factor_error is " + residual_knn::Describe(options.factor_error) +
                               ", must be between 0 and 1");
  }
  return options.factor_error;
}

void Publish(ResidualModel model, Clock::time_point start,
             const residual_knn_model_options& options, residual_knn_index** index) {
  auto handle = std::make_unique<residual_knn_index>(residual_knn_index{
      std::move(model), 0, options.message_base, options.max_bytes, true, nullptr, {}});
  handle->prepared = std::make_unique<residual_knn::Prepared>(handle->model, options.max_bytes);
  handle->build_seconds = std::chrono::duration<double>(Clock::now() - start).count();
  *index = handle.release();
}

// The arguments of residual_knn_index_create.
struct GivenArrays {
  const double* points;
  int64_t n;
  int64_t d;
  const double* lengthscales;
  int64_t num_lengthscales;
  const double* inducing;
  int64_t m;
};

// `team` may be null.
residual_knn_status Create(const char* function, const GivenArrays& given,
                           const residual_knn_model_options* options, const residual_knn_team* team,
                           residual_knn_index** index) {
  return Guard(function, residual_knn::MessageBaseOf(options), [&] {
    const auto start = Clock::now();
    residual_knn::RequirePointer(index, "index");
    const residual_knn_model_options o = ReadModelOptions(options);
    const auto [points, n, d, lengthscales, num_lengthscales, inducing, m] = given;
    RequireSizes(n, m);
    residual_knn::RequireAtLeast(d, 1, "d");
    const auto point_matrix = CheckedMatrix(points, n, d, o.layout, "points");
    const auto inducing_matrix = CheckedMatrix(inducing, m, d, o.layout, "inducing");
    residual_knn::CheckedSize(n, m, "n x m");
    residual_knn::CheckedSize(m, m, "m x m");
    const auto scales = residual_knn::CheckedLengthscales(lengthscales, num_lengthscales, d);
    RequireVariances(o);
    std::optional<residual_knn::CallerTeam> others;
    if (team != nullptr) others.emplace(*team);
    const residual_knn::Workforce workforce(residual_knn::CheckedThreads(o.threads),
                                            others ? &*others : nullptr);
    CovarianceFunction covariance = ReadCovariance(o);
    const FactorStorage storage = StorageOf(o, {n, d, m, covariance.bytes()});
    Monitor monitor(o.progress, o.progress_user);
    Publish(BuildModel({point_matrix, scales}, {inducing_matrix, {o.jitter, o.max_jitter}},
                       std::move(covariance), o.nugget, storage, workforce, monitor),
            start, o, index);
  });
}

}  // namespace

void residual_knn_model_options_init(residual_knn_model_options* options, size_t size) {
  residual_knn::InitializeStruct(Defaults(), options, size);
}

residual_knn_status residual_knn_index_create(const double* points, int64_t n, int64_t d,
                                              const double* lengthscales, int64_t num_lengthscales,
                                              const double* inducing, int64_t m,
                                              const residual_knn_model_options* options,
                                              residual_knn_index** index) {
  return Create(__func__, {points, n, d, lengthscales, num_lengthscales, inducing, m}, options,
                nullptr, index);
}

residual_knn_status residual_knn_team_index_create(const double* points, int64_t n, int64_t d,
                                                   const double* lengthscales,
                                                   int64_t num_lengthscales, const double* inducing,
                                                   int64_t m,
                                                   const residual_knn_model_options* options,
                                                   const residual_knn_team* team,
                                                   residual_knn_index** index) {
  return Create(__func__, {points, n, d, lengthscales, num_lengthscales, inducing, m}, options,
                team, index);
}

residual_knn_status residual_knn_index_update(residual_knn_index* index, const double* lengthscales,
                                              int64_t num_lengthscales, const double* inducing,
                                              int64_t m,
                                              const residual_knn_model_options* options) {
  return Guard(__func__, residual_knn::MessageBaseOf(options), [&] {
    const auto start = Clock::now();
    residual_knn::RequirePointer(index, "index");
    const residual_knn_model_options o = ReadModelOptions(options);
    ResidualModel& model = index->model;
    if (!model.CanUpdate()) {
      throw residual_knn::Error(
          RESIDUAL_KNN_ERROR_UNSUPPORTED,
          "index was made from the caller's V and p, and only an index made by "
          "residual_knn_index_create can be updated");
    }
    const auto scales =
        residual_knn::CheckedLengthscales(lengthscales, num_lengthscales, model.d());
    if (inducing != nullptr) residual_knn::RequireAtLeast(m, 1, "m");
    const int64_t given = inducing == nullptr ? 0 : m;
    const auto inducing_matrix = CheckedMatrix(inducing, given, model.d(), o.layout, "inducing");
    residual_knn::CheckedSize(model.n(), given, "n x m");
    residual_knn::CheckedSize(given, given, "m x m");
    RequireVariances(o);
    const int threads = residual_knn::CheckedThreads(o.threads);
    CovarianceFunction covariance = ReadCovariance(o);
    residual_knn::RequireWithinLimit(
        index->max_bytes, {model.n(), model.d(), given > 0 ? given : model.m(), covariance.bytes()},
        model.stores_factor());
    Monitor monitor(o.progress, o.progress_user);
    residual_knn::ModelUpdate update = model.PrepareUpdate(
        std::move(covariance), o.nugget, scales, inducing == nullptr ? nullptr : &inducing_matrix,
        {o.jitter, o.max_jitter}, monitor);
    auto prepared = std::make_unique<residual_knn::Prepared>(model, index->max_bytes);
    prepared->AdoptOrders(*index->prepared, model.scaling().lengthscales, scales, model.d());
    index->prepared = std::move(prepared);
    index->message_base = o.message_base;
    index->usable = false;
    model.Apply(std::move(update), threads, monitor);
    index->usable = true;
    index->build_seconds = std::chrono::duration<double>(Clock::now() - start).count();
  });
}

residual_knn_status residual_knn_index_create_from_factor(
    const double* factor, int64_t m, const double* residual_variance, const double* points,
    int64_t n, int64_t d, const double* lengthscales, int64_t num_lengthscales,
    const residual_knn_model_options* options, residual_knn_index** index) {
  return Guard(__func__, residual_knn::MessageBaseOf(options), [&] {
    const auto start = Clock::now();
    residual_knn::RequirePointer(index, "index");
    const residual_knn_model_options o = ReadModelOptions(options);
    RequireSizes(n, m);
    residual_knn::RequireAtLeast(d, 1, "d");
    const auto point_matrix = CheckedMatrix(points, n, d, o.layout, "points");
    const auto factor_matrix = CheckedMatrix(factor, n, m, o.layout, "factor");
    residual_knn::RequirePointer(residual_variance, "residual_variance");
    const auto scales = residual_knn::CheckedLengthscales(lengthscales, num_lengthscales, d);
    const int threads = residual_knn::CheckedThreads(o.threads);
    Monitor monitor(o.progress, o.progress_user);
    CovarianceFunction covariance = ReadCovariance(o);
    RequireStored(o, {n, d, m, covariance.bytes()});
    const residual_knn::GivenFactor given{
        factor_matrix, {residual_variance, static_cast<size_t>(n)}, CheckedFactorError(o)};
    Publish(BuildModel({point_matrix, scales}, std::move(covariance), given, threads, monitor),
            start, o, index);
  });
}

residual_knn_status residual_knn_index_create_from_callback(
    const double* factor, int64_t n, int64_t m, const double* residual_variance,
    residual_knn_covariance covariance, void* covariance_user,
    const residual_knn_model_options* options, residual_knn_index** index) {
  return Guard(__func__, residual_knn::MessageBaseOf(options), [&] {
    const auto start = Clock::now();
    residual_knn::RequirePointer(index, "index");
    const residual_knn_model_options o = ReadModelOptions(options);
    RequireSizes(n, m);
    RequireStored(o, {n, 0, m, 0});
    const auto factor_matrix = CheckedMatrix(factor, n, m, o.layout, "factor");
    residual_knn::RequirePointer(residual_variance, "residual_variance");
    if (covariance == nullptr) residual_knn::ThrowInvalid("covariance is NULL");
    const int threads = residual_knn::CheckedThreads(o.threads);
    Monitor monitor(o.progress, o.progress_user);
    Publish(ResidualModel(
                residual_knn::CovarianceCallback{covariance, covariance_user,
                                                 o.concurrent_callback != 0},
                {factor_matrix, {residual_variance, static_cast<size_t>(n)}, CheckedFactorError(o)},
                threads, monitor),
            start, o, index);
  });
}

void residual_knn_index_free(residual_knn_index* index) { delete index; }

void residual_knn_info_init(residual_knn_info* info, size_t size) {
  residual_knn::InitializeStruct({}, info, size);
}

residual_knn_status residual_knn_index_info(const residual_knn_index* index,
                                            residual_knn_info* info) {
  return Guard(__func__, [&] {
    residual_knn::RequirePointer(index, "index");
    residual_knn::RequirePointer(info, "info");
    residual_knn::CheckStructSize(info->struct_size, "residual_knn_info");
    const ResidualModel& model = index->model;
    residual_knn_info record{};
    record.n = model.n();
    record.d = model.d();
    record.m = model.m();
    record.degenerate_points = model.degenerate_points();
    record.bytes = model.bytes() + index->prepared->bytes() + static_cast<int64_t>(sizeof *index);
    record.build_seconds = index->build_seconds;
    record.jitter =
        model.inducing() != nullptr && model.m() > 0 ? model.inducing()->jitter_used() : 0;
    std::copy(model.share_quantiles().begin(), model.share_quantiles().end(),
              record.residual_share);
    record.given_factor = model.inducing() == nullptr ? 1 : 0;
    residual_knn::WriteRecord(record, info);
  });
}

residual_knn_status residual_knn_index_factor(const residual_knn_index* index, int32_t layout,
                                              double* factor, double* residual_variance) {
  return Guard(__func__, [&] {
    residual_knn::RequirePointer(index, "index");
    residual_knn::RequireUsable(*index);
    const bool dimension_major = residual_knn::IsDimensionMajor(layout);
    const ResidualModel& model = index->model;
    residual_knn::FactorRows factor_rows(model);
    constexpr int64_t kRowsAtOnce = 256;
    const double* rows = nullptr;
    for (int64_t i = 0; i < model.n(); ++i) {
      if (residual_variance != nullptr) residual_variance[i] = model.residual_variance(i);
      if (factor == nullptr) continue;
      const int64_t j = i % kRowsAtOnce;
      if (j == 0) rows = factor_rows.Range(i, std::min(kRowsAtOnce, model.n() - i));
      const double* row = rows + j * model.m();
      for (int64_t c = 0; c < model.m(); ++c) {
        factor[dimension_major ? c * model.n() + i : i * model.m() + c] = row[c];
      }
    }
  });
}
