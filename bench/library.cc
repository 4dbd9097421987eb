#include "library.h"

#include <string>

#include "stopwatch.h"

namespace residual_knn::bench {
namespace {

// Watches a search through its progress callback.
struct TimeLimit {
  // An earlier projection would be inaccurate.
  static constexpr double kWatchSeconds = 10.0;

  Stopwatch stopwatch;
  double limit_seconds = 0;
  double projected_seconds = 0;

  static int32_t Watch(void* user, int64_t done, int64_t total) {
    TimeLimit& self = *static_cast<TimeLimit*>(user);
    const double seconds = self.stopwatch.Seconds();
    if (seconds < kWatchSeconds) return 0;
    // Half a unit is added, so that a search without reported progress is projected too.
    const double share = (static_cast<double>(done) + 0.5) / static_cast<double>(total);
    self.projected_seconds = seconds / share;
    return self.projected_seconds > self.limit_seconds ? 1 : 0;
  }
};

}  // namespace

void Check(residual_knn_status status, std::string_view what) {
  if (status == RESIDUAL_KNN_OK) return;
  throw LibraryError(std::string(what) + ": " + residual_knn_status_string(status) + ": " +
                     residual_knn_last_error());
}

namespace {

residual_knn_model_options OptionsOf(const Workload& workload, int32_t threads) {
  residual_knn_model_options options;
  residual_knn_model_options_init(&options, sizeof options);
  options.kernel = workload.kernel;
  options.jitter = workload.jitter;
  options.factor_storage = workload.factor_storage;
  options.threads = threads;
  return options;
}

}  // namespace

Index CreateIndex(const Workload& workload, int32_t threads) {
  const residual_knn_model_options options = OptionsOf(workload, threads);
  residual_knn_index* index = nullptr;
  Check(residual_knn_index_create(workload.points.data(), workload.n, workload.d,
                                  workload.lengthscales.data(),
                                  static_cast<int64_t>(workload.lengthscales.size()),
                                  workload.inducing.data(), workload.m, &options, &index),
        "creating the index");
  return Index(index);
}

void UpdateIndex(residual_knn_index* index, const Workload& workload, int32_t threads) {
  const residual_knn_model_options options = OptionsOf(workload, threads);
  Check(residual_knn_index_update(index, workload.lengthscales.data(),
                                  static_cast<int64_t>(workload.lengthscales.size()), nullptr, 0,
                                  &options),
        "updating the index");
}

residual_knn_info InfoOf(const residual_knn_index* index) {
  residual_knn_info info;
  residual_knn_info_init(&info, sizeof info);
  Check(residual_knn_index_info(index, &info), "index info");
  return info;
}

Factor FactorOf(const residual_knn_index* index) {
  const residual_knn_info info = InfoOf(index);
  Factor result;
  result.factor.resize(static_cast<size_t>(info.n * info.m));
  result.residual_variance.resize(static_cast<size_t>(info.n));
  Check(residual_knn_index_factor(index, RESIDUAL_KNN_POINT_MAJOR, result.factor.data(),
                                  result.residual_variance.data()),
        "index factor");
  return result;
}

SearchResult Search(const residual_knn_index* index, const Workload& workload,
                    const std::vector<int64_t>& rows, const SearchRequest& request,
                    Answers* answers) {
  SearchResult result;
  residual_knn_statistics_init(&result.statistics, sizeof result.statistics);
  TimeLimit limit;
  limit.limit_seconds = request.limit_seconds;
  residual_knn_search_options options;
  residual_knn_search_options_init(&options, sizeof options);
  options.strategy = request.strategy;
  options.threads = request.threads;
  options.start_k = request.start != nullptr ? workload.k : 0;
  options.start = request.start;
  options.progress = TimeLimit::Watch;
  options.progress_user = &limit;
  const auto search = workload.predecessors ? residual_knn_predecessors : residual_knn_neighbors;

  limit.stopwatch = Stopwatch();
  const residual_knn_status status =
      search(index, rows.empty() ? nullptr : rows.data(),
             rows.empty() ? workload.n : static_cast<int64_t>(rows.size()), &options, workload.k,
             answers->neighbors.data(), answers->distances.data(), &result.statistics);
  result.seconds = limit.stopwatch.Seconds();

  if (status == RESIDUAL_KNN_ERROR_CANCELLED) {
    result.cancelled = true;
    result.projected_seconds = limit.projected_seconds;
  } else {
    Check(status, "search");
  }
  return result;
}

}  // namespace residual_knn::bench
