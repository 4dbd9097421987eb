#include "measurement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "median.h"
#include "peak_memory.h"
#include "random_numbers.h"

namespace residual_knn::bench {
namespace {

// Longer bare products are extrapolated from a sample of this length.
constexpr double kFullGemmSeconds = 20;
constexpr double kSampledGemmSeconds = 5;
// A search that is too long is measured on a part of about this many seconds, and at most this share of the limit.
constexpr double kSampledSearchSeconds = 15;
constexpr double kSampledShareOfLimit = 0.25;
constexpr int64_t kFewestSampledQueries = 1024;
constexpr uint64_t kSampleSeed = 20250706;

}  // namespace

WorkloadBench::WorkloadBench(Workload workload, MeasurementOptions options)
    : workload_(std::move(workload)), options_(options) {
  const size_t places = static_cast<size_t>(workload_.NumQueries() * workload_.k);
  answers_.neighbors.resize(places);
  answers_.distances.resize(places);
}

std::vector<int64_t> WorkloadBench::SampleQueries(int64_t count) const {
  const int64_t num_queries = workload_.NumQueries();
  std::vector<int64_t> rows =
      RandomNumbers(kSampleSeed).DistinctRows(num_queries, std::min(count, num_queries));
  if (!workload_.rows.empty()) {
    for (int64_t& row : rows) row = workload_.rows[row];
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

GemmBaseline WorkloadBench::MakeBaseline(const std::vector<int64_t>& rows, int32_t threads) const {
  return GemmBaseline(GemmJob(factor_->factor, workload_.m, rows, workload_.predecessors), threads,
                      kFullGemmSeconds, kSampledGemmSeconds);
}

GemmBaseline& WorkloadBench::WholeBaseline(int32_t threads) {
  auto baseline = baselines_.find(threads);
  if (baseline == baselines_.end()) {
    baseline = baselines_.emplace(threads, MakeBaseline(workload_.rows, threads)).first;
  }
  return baseline->second;
}

WorkloadBench::Times WorkloadBench::Alternate(const residual_knn_index* index,
                                              const std::vector<int64_t>& rows,
                                              const Strategy& strategy, int32_t threads,
                                              double limit_seconds, GemmBaseline* baseline,
                                              PeakMemory* memory) {
  Times times;
  double spent = 0;
  for (int64_t repeat = 0; repeat < options_.repeats; ++repeat) {
    if (repeat > 0 && spent >= options_.budget_seconds) break;
    const GemmTime gemm = baseline->Run();

    // Clears the results, so that results of an earlier search are not taken for new ones.
    std::fill(answers_.neighbors.begin(), answers_.neighbors.end(), int64_t{-2});
    std::fill(answers_.distances.begin(), answers_.distances.end(), std::nan(""));
    SearchResult search;
    const auto run = [&] {
      search = Search(index, workload_, rows, {strategy.value, threads, limit_seconds}, &answers_);
    };
    // Only once: a later search reuses memory that the allocator kept from this one.
    if (repeat == 0) {
      memory->Measure(run);
    } else {
      run();
    }
    if (search.cancelled) {
      Times cancelled;
      cancelled.projected_seconds = search.projected_seconds;
      return cancelled;
    }
    if (repeat == 0) {
      times.tree = search.statistics.tree_seconds;
      times.statistics = search.statistics;
    }
    spent += search.seconds;
    times.gemm.push_back(gemm.seconds);
    times.gflops.push_back(gemm.gflops);
    times.search.push_back(search.seconds - search.statistics.tree_seconds);
  }
  return times;
}

Measurement WorkloadBench::Measure(const Strategy& strategy, int32_t threads) {
  PeakMemory memory;
  Index index;
  // A new index has no trees, so the first search builds what it needs.
  const auto create_index = [&] {
    index.reset();
    memory = PeakMemory();
    memory.Measure([&] { index = CreateIndex(workload_, threads); });
  };
  create_index();
  if (!factor_) {
    factor_.emplace(FactorOf(index.get()));
    reference_.emplace(workload_, *factor_);
  }

  std::vector<int64_t> rows = workload_.rows;
  bool sampled = false;
  std::optional<GemmBaseline> sample_baseline;
  const auto sample = [&](int64_t count) {
    rows = SampleQueries(count);
    sampled = static_cast<int64_t>(rows.size()) < workload_.NumQueries();
    if (!sampled) rows = workload_.rows;
    if (sampled) sample_baseline.emplace(MakeBaseline(rows, threads));
  };
  if (options_.sample_rows > 0) sample(options_.sample_rows);

  const auto alternate = [&](double limit_seconds) {
    GemmBaseline& baseline = sampled ? *sample_baseline : WholeBaseline(threads);
    return Alternate(index.get(), rows, strategy, threads, limit_seconds, &baseline, &memory);
  };
  constexpr double kNoLimit = std::numeric_limits<double>::infinity();
  Times times = alternate(options_.sample_rows > 0 ? kNoLimit : options_.limit_seconds);
  if (times.projected_seconds) {
    const double share =
        std::min(kSampledSearchSeconds, kSampledShareOfLimit * options_.limit_seconds) /
        *times.projected_seconds;
    sample(std::max(kFewestSampledQueries,
                    static_cast<int64_t>(share * static_cast<double>(workload_.NumQueries()))));
    create_index();
    times = alternate(kNoLimit);
  }
  const GemmBaseline& baseline = sampled ? *sample_baseline : WholeBaseline(threads);

  Measurement result;
  result.workload = workload_.name;
  result.data = workload_.data;
  result.strategy = strategy.name;
  result.strategy_used = StrategyName(times.statistics.strategy);
  result.threads = threads;
  result.n = workload_.n;
  result.d = workload_.d;
  result.m = workload_.m;
  result.k = workload_.k;
  result.predecessors = workload_.predecessors;
  result.queries = workload_.NumQueries();
  result.queries_searched = rows.empty() ? workload_.n : static_cast<int64_t>(rows.size());
  result.sampled = sampled;
  result.repeats = static_cast<int64_t>(times.search.size());

  const double whole = static_cast<double>(CountPairs(workload_, workload_.rows)) /
                       static_cast<double>(CountPairs(workload_, rows));
  const double scale = sampled ? whole : 1.0;
  result.search_seconds_measured = Median(times.search);
  result.search_seconds = scale * result.search_seconds_measured;
  result.gemm_seconds_measured = Median(times.gemm);
  result.gemm_seconds = scale * result.gemm_seconds_measured;
  result.gemm_extrapolated = sampled || baseline.extrapolated();
  result.gemm_gflops = Median(times.gflops);
  result.gemm_tile = baseline.shape();
  result.rows_per_second = static_cast<double>(result.queries) / result.search_seconds;
  result.x_gemm = result.gemm_seconds / result.search_seconds;

  result.info = InfoOf(index.get());
  result.tree_seconds = times.tree;
  const double tree_and_search = result.tree_seconds + result.search_seconds;
  result.x_gemm_total = result.gemm_seconds / tree_and_search;
  result.counted_seconds = workload_.index_serves_many ? result.search_seconds : tree_and_search;
  result.whole_seconds = result.info.build_seconds + tree_and_search;
  result.published = workload_.published;
  result.inducing_seconds = workload_.inducing_seconds;
  result.peak_bytes = memory.Bytes();
  result.statistics = times.statistics;
  result.recall =
      reference_->Score(rows, answers_, options_.recall_rows.value_or(workload_.recall_rows));
  return result;
}

}  // namespace residual_knn::bench
