#include "conditioning/set_weights.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/describe.h"
#include "base/error.h"
#include "conditioning/set_regression.h"

namespace residual_knn {
namespace {

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
  Worker(const SetsJob& job, double jitter, const WeightsOutput& output)
      : job_(job), jitter_(jitter), output_(output), regression_(job.model) {}

  void operator()(const QueryWithSet& query, Pace& pace) {
    const auto size = std::ssize(query.rows);
    weights_.assign(static_cast<size_t>(size), 0.0);
    double variance = query.residual_variance;
    if (query.point.inverse_deviation == 0) {
      ++found_.degenerate;
    } else {
      regression_.Load(query.point, query.rows);
      pace.Spend(size * (size * size / 2 + size * job_.model.m()) / Pace::kMultiplications);
      if (!Factorize(query.slot)) {
        Fail(query);
        return;
      }
      regression_.Weights(weights_);
      variance *= regression_.unexplained();
    }
    output_.variances[query.slot] = variance;
    if (output_.weights == nullptr) return;
    SetValues(output_.weights, job_, output_.dimension_major).Write(query, weights_);
  }

  [[nodiscard]] const Found& found() const { return found_; }

 private:
  [[nodiscard]] bool Factorize(int64_t slot) {
    if (regression_.Factorize(0)) return true;
    if (jitter_ == 0 || !regression_.Factorize(jitter_)) return false;
    ++found_.jittered;
    found_.first_jittered = std::min(found_.first_jittered, slot);
    return true;
  }

  void Fail(const QueryWithSet& query) {
    if (query.slot >= found_.first_failure.place) return;
    const int64_t at = regression_.failed();
    const int64_t neighbor = at < std::ssize(query.rows) ? query.rows[at] : -1;
    found_.first_failure = {query.slot, query.self, neighbor};
  }

  const SetsJob& job_;
  double jitter_;
  const WeightsOutput& output_;
  SetRegression regression_;
  std::vector<double> weights_;
  Found found_;
};

[[noreturn]] void ThrowNotPositiveDefinite(const Failure& failure, double jitter) {
  Message message = Message("the residual covariance of query ") + Ordinal{failure.place};
  if (failure.row >= 0) message = message + " (row " + Ordinal{failure.row} + ")";
  message += " and its neighbors is not positive definite: ";
  if (failure.neighbor >= 0) {
    message = message + "row " + Ordinal{failure.neighbor} +
              " is determined by the neighbors before it in the set";
  } else {
    message += "the neighbors determine the query";
  }
  message += jitter > 0 ? ", also with jitter " + Describe(jitter)
                        : std::string(". Use a nugget in the model, or the option jitter");
  throw Error(RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE, message);
}

}  // namespace

WeightsReport ComputeWeights(const SetsJob& job, double jitter, const WeightsOutput& output) {
  std::vector<Worker> workers = WorkersFor<Worker>(job, jitter, output);
  ForEachSet(job, workers);
  Found found;
  for (const Worker& worker : workers) found.Add(worker.found());
  if (found.first_failure.place != kNone) ThrowNotPositiveDefinite(found.first_failure, jitter);
  WeightsReport report;
  report.jittered = found.jittered;
  if (found.jittered > 0) report.first_jittered = found.first_jittered;
  report.degenerate_queries = found.degenerate;
  for (const double variance : output.variances) report.log_determinant += std::log(variance);
  return report;
}

}  // namespace residual_knn
