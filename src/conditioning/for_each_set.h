// Runs over queries with their sets of neighbors, in parallel.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "conditioning/neighbor_sets.h"
#include "model/callback_covariance.h"
#include "model/residual_model.h"
#include "parallel/monitor.h"
#include "parallel/pace.h"
#include "parallel/parallel_for.h"
#include "query/query_set.h"

namespace residual_knn {

// Refers to values that outlive the computation.
struct SetsJob {
  const ResidualModel& model;
  const QuerySet& queries;
  const NeighborSets& sets;
  int threads = 1;
  Monitor& monitor;
};

// One query and its set.
struct QueryWithSet {
  int64_t slot = 0;   // its place in the results
  int64_t self = -1;  // its row; -1 for a new point
  PointView point;
  double residual_variance = 0;     // p
  std::span<const int64_t> rows;    // its neighbors
  std::span<const int64_t> places;  // their places in the set
};

// An array with k values for each query, in either layout.
struct SetValues {
  double* values = nullptr;
  int64_t k = 0;
  int64_t step = 1;    // between the values of a query
  int64_t stride = 0;  // between queries

  SetValues(double* array, const SetsJob& job, bool dimension_major)
      : values(array),
        k(job.sets.k()),
        step(dimension_major ? job.queries.size() : 1),
        stride(dimension_major ? 1 : k) {}

  // Writes the values of the neighbors, and 0 in places without a neighbor.
  void Write(const QueryWithSet& query, std::span<const double> of_neighbors) const {
    double* const out = values + query.slot * stride;
    for (int64_t place = 0; place < k; ++place) out[place * step] = 0;
    for (size_t a = 0; a < query.places.size(); ++a) out[query.places[a] * step] = of_neighbors[a];
  }
};

// Multiplications of products of V for `pairs` pairs, in units of work.
inline int64_t WorkOfPairs(const ResidualModel& model, int64_t pairs) {
  return pairs * (model.m() + 1) / Pace::kMultiplications;
}

// A worker for each thread of the job, made from the arguments.
template <class Worker, class... Arguments>
std::vector<Worker> WorkersFor(const SetsJob& job, const Arguments&... arguments) {
  std::vector<Worker> workers;
  workers.reserve(static_cast<size_t>(job.threads));
  for (int i = 0; i < job.threads; ++i) workers.emplace_back(job, arguments...);
  return workers;
}

// Calls workers[thread](query, pace) for each query. There is a worker for each thread.
template <class Worker>
void ForEachSet(const SetsJob& job, std::vector<Worker>& workers) {
  constexpr int64_t kQueriesOfTask = 64;
  struct Scratch {
    QueryBlock block;
    std::vector<int64_t> numbers;
    std::vector<int64_t> rows;
    std::vector<int64_t> places;
  };
  std::vector<Scratch> scratch(workers.size());
  const int64_t num_queries = job.queries.size();
  const int64_t tasks = (num_queries + kQueriesOfTask - 1) / kQueriesOfTask;
  job.monitor.Start(std::max<int64_t>(num_queries, 1));
  ParallelFor(job.threads, tasks, job.monitor, [&](int64_t task, int thread) {
    auto& [block, numbers, rows, places] = scratch[thread];
    const int64_t first = task * kQueriesOfTask;
    const int64_t count = std::min(kQueriesOfTask, num_queries - first);
    const ThreadMonitor monitor{job.monitor, thread};
    numbers.resize(static_cast<size_t>(count));
    std::iota(numbers.begin(), numbers.end(), first);
    job.queries.Load(numbers, block, monitor);
    Pace pace(monitor, CostOf(job.model.callback()));
    for (int64_t q = 0; q < count; ++q) {
      job.sets.Read(block.slot[q], rows, places);
      const QueryWithSet query{block.slot[q],
                               block.self[q],
                               block.View(q, job.model.m(), job.model.d()),
                               block.residual_variance[q],
                               rows,
                               places};
      workers[thread](query, pace);
    }
    job.monitor.Advance(count);
  });
}

}  // namespace residual_knn
