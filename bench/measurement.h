// Measures one workload with one strategy and thread count: what is timed, in which order, and what is reported.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gemm_baseline.h"
#include "library.h"
#include "recall.h"
#include "strategies.h"
#include "workload.h"

namespace residual_knn::bench {

struct MeasurementOptions {
  // Repeats of a search, each after a run of the bare matrix products; medians are reported. Stops earlier if the
  // searches have taken `budget_seconds`.
  int64_t repeats = 5;
  double budget_seconds = 60;
  // A search of all queries that is expected to take longer is measured on a sample of them.
  double limit_seconds = 300;
  // If not 0, always measure this number of random queries.
  int64_t sample_rows = 0;
  // Number of queries whose answer is compared with the reference; by default that of the workload.
  std::optional<int64_t> recall_rows;
};

struct Measurement {
  std::string workload;
  std::string data;
  std::string strategy;
  // As reported by the library.
  std::string strategy_used;
  int32_t threads = 0;
  int64_t n = 0;
  int64_t d = 0;
  int64_t m = 0;
  int32_t k = 0;
  bool predecessors = false;
  // Number of queries of the job, and of those that were searched; fewer if the row is a sample.
  int64_t queries = 0;
  int64_t queries_searched = 0;
  bool sampled = false;
  int64_t repeats = 0;

  // For the first search on a new index: seconds spent on building trees, which the index keeps.
  double tree_seconds = 0;
  // The search without building trees: for the whole job (extrapolated by pairs if sampled), and as measured.
  double search_seconds = 0;
  double search_seconds_measured = 0;
  // For the whole job, and for the pairs that were searched.
  double gemm_seconds = 0;
  double gemm_seconds_measured = 0;
  bool gemm_extrapolated = false;
  double gemm_gflops = 0;
  TileShape gemm_tile = {0, 0};
  double rows_per_second = 0;
  // Time of the bare products divided by that of the search, and by that of tree and search.
  double x_gemm = 0;
  double x_gemm_total = 0;
  // The seconds for comparing strategies: tree and search, or the search alone if an index serves many searches.
  double counted_seconds = 0;
  // The index with V and p, tree and search.
  double whole_seconds = 0;
  std::optional<Published> published;

  residual_knn_info info = {};
  double inducing_seconds = 0;
  std::optional<int64_t> peak_bytes;
  // For the first search of the searched queries.
  residual_knn_statistics statistics = {};
  Recall recall;
};

// Measures strategies on one workload. Data that do not depend on the strategy are reused: V, the reference distances
// and the choice of tiles.
class WorkloadBench {
 public:
  WorkloadBench(Workload workload, MeasurementOptions options);

  Measurement Measure(const Strategy& strategy, int32_t threads);

 private:
  struct Times {
    // True if the search was cancelled; the other fields are then empty.
    std::optional<double> projected_seconds;
    double tree = 0;
    std::vector<double> search;
    std::vector<double> gemm;
    std::vector<double> gflops;
    residual_knn_statistics statistics = {};
  };

  // Alternates bare products and searches.
  Times Alternate(const residual_knn_index* index, const std::vector<int64_t>& rows,
                  const Strategy& strategy, int32_t threads, double limit_seconds,
                  GemmBaseline* baseline, class PeakMemory* memory);
  GemmBaseline MakeBaseline(const std::vector<int64_t>& rows, int32_t threads) const;
  // The baseline of the whole job.
  GemmBaseline& WholeBaseline(int32_t threads);
  std::vector<int64_t> SampleQueries(int64_t count) const;

  const Workload workload_;
  const MeasurementOptions options_;
  Answers answers_;
  std::optional<Factor> factor_;
  std::optional<RecallReference> reference_;
  std::map<int32_t, GemmBaseline> baselines_;
};

}  // namespace residual_knn::bench
