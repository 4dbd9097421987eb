#include "conditioning/set_weights.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "base/describe.h"
#include "base/error.h"
#include "conditioning/set_regression.h"
#include "parallel/pace.h"
#include "parallel/parallel_for.h"

namespace residual_knn {
namespace {

constexpr int64_t kQueriesOfTask = 64;

constexpr int64_t kNone = INT64_MAX;

// A query whose set is not positive definite.
struct Failure {
  int64_t place = kNone;  // of the query in the results
  int64_t row = -1;       // of the query; -1 for a new point
  int64_t neighbor =
      -1;  // the row that the neighbors before it determine; -1: they determine the query
};

// What a thread has found in its part of the queries.
struct Found {
  int64_t jittered = 0;
  int64_t first_jittered = kNone;
  int64_t degenerate = 0;
  Failure first_failure;

  void Add(const Found& other) {
    jittered += other.jittered;
    first_jittered = std::min(first_jittered, other.first_jittered);
    degenerate += other.degenerate;
    if (other.first_failure.place < first_failure.place) first_failure = other.first_failure;
  }
};

// One thread's part.
class Worker {
 public:
  Worker(const WeightsJob& job, const WeightsOutput& output)
      : job_(job), output_(output), regression_(job.model) {}

  void Run(int64_t first, int64_t count, ThreadMonitor monitor) {
    numbers_.resize(static_cast<size_t>(count));
    std::iota(numbers_.begin(), numbers_.end(), first);
    job_.queries.Load(numbers_, block_, monitor);
    Pace pace(monitor);
    for (int64_t q = 0; q < count; ++q) Solve(q, pace);
    job_.monitor.Advance(count);
  }

  [[nodiscard]] const Found& found() const { return found_; }

 private:
  void Solve(int64_t q, Pace& pace) {
    const int64_t slot = block_.slot[q];
    const PointView point = block_.View(q, job_.model.m(), job_.model.d());
    job_.sets.Read(slot, rows_, places_);
    const auto size = std::ssize(rows_);
    weights_.assign(static_cast<size_t>(size), 0.0);
    double variance = block_.residual_variance[q];
    if (point.inverse_deviation == 0) {
      ++found_.degenerate;
    } else {
      regression_.Load(point, rows_);
      pace.Spend(size * (size * size / 2 + size * job_.model.m()) / Pace::kMultiplications);
      if (!Factorize(slot)) {
        Fail(q, slot);
        return;
      }
      regression_.Weights(weights_);
      variance *= regression_.unexplained();
    }
    output_.variances[slot] = variance;
    if (output_.weights != nullptr) Write(slot);
  }

  [[nodiscard]] bool Factorize(int64_t slot) {
    if (regression_.Factorize(0)) return true;
    if (job_.jitter == 0 || !regression_.Factorize(job_.jitter)) return false;
    ++found_.jittered;
    found_.first_jittered = std::min(found_.first_jittered, slot);
    return true;
  }

  void Fail(int64_t q, int64_t slot) {
    if (slot >= found_.first_failure.place) return;
    const int64_t at = regression_.failed();
    const int64_t neighbor = at < std::ssize(rows_) ? rows_[at] : -1;
    found_.first_failure = {slot, block_.self[q], neighbor};
  }

  void Write(int64_t slot) {
    const int64_t k = job_.sets.k();
    const int64_t step = output_.dimension_major ? job_.queries.size() : 1;
    double* out = output_.weights + (output_.dimension_major ? slot : slot * k);
    for (int64_t place = 0; place < k; ++place) out[place * step] = 0;
    for (size_t a = 0; a < rows_.size(); ++a) out[places_[a] * step] = weights_[a];
  }

  const WeightsJob& job_;
  const WeightsOutput& output_;
  SetRegression regression_;
  QueryBlock block_;
  std::vector<int64_t> numbers_;
  std::vector<int64_t> rows_;
  std::vector<int64_t> places_;
  std::vector<double> weights_;
  Found found_;
};

[[noreturn]] void ThrowNotPositiveDefinite(const Failure& failure, double jitter) {
  Message message = Message("the residual covariance of query ") + Ordinal{failure.place};
  if (failure.row >= 0) message = message + " (row " + Ordinal{failure.row} + ")";
  message += " and its neighbors is not positive definite: ";
  if (failure.neighbor >= 0) {
    message = message + "the neighbors before it determine row " + Ordinal{failure.neighbor};
  } else {
    message += "the neighbors determine the query";
  }
  message += jitter > 0 ? ", also with jitter " + Describe(jitter)
                        : std::string(". A nugget or a jitter makes it positive definite");
  throw Error(RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE, message);
}

}  // namespace

WeightsReport ComputeWeights(const WeightsJob& job, const WeightsOutput& output) {
  std::vector<Worker> workers;
  workers.reserve(static_cast<size_t>(job.threads));
  for (int i = 0; i < job.threads; ++i) workers.emplace_back(job, output);
  const int64_t tasks = (job.queries.size() + kQueriesOfTask - 1) / kQueriesOfTask;
  job.monitor.Start(std::max<int64_t>(job.queries.size(), 1));
  ParallelFor(job.threads, tasks, job.monitor, [&](int64_t task, int worker) {
    const int64_t first = task * kQueriesOfTask;
    workers[worker].Run(first, std::min(kQueriesOfTask, job.queries.size() - first),
                        {job.monitor, worker});
  });
  Found found;
  for (const Worker& worker : workers) found.Add(worker.found());
  if (found.first_failure.place != kNone) ThrowNotPositiveDefinite(found.first_failure, job.jitter);
  WeightsReport report;
  report.jittered = found.jittered;
  if (found.jittered > 0) report.first_jittered = found.first_jittered;
  report.degenerate_queries = found.degenerate;
  for (const double variance : output.variances) report.log_determinant += std::log(variance);
  return report;
}

}  // namespace residual_knn
