#include "recall.h"

#include <residual_knn.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <unordered_set>

#include "random_numbers.h"

namespace residual_knn::bench {
namespace {

constexpr double kTolerance = 1e-9;
constexpr uint64_t kSampleSeed = 20250705;

// The covariance at variance 1 and squared scaled distance r2.
double Covariance(int32_t kernel, double r2) {
  switch (kernel) {
    case RESIDUAL_KNN_SQUARED_EXPONENTIAL:
      return std::exp(-0.5 * r2);
    case RESIDUAL_KNN_MATERN12:
      return std::exp(-std::sqrt(r2));
    case RESIDUAL_KNN_MATERN52: {
      const double a = std::sqrt(5.0 * r2);
      return (1.0 + a + a * a / 3.0) * std::exp(-a);
    }
    case RESIDUAL_KNN_MATERN32: {
      const double a = std::sqrt(3.0 * r2);
      return (1.0 + a) * std::exp(-a);
    }
    default:
      throw std::logic_error("the recall reference does not know kernel " + std::to_string(kernel));
  }
}

double SquaredNorm(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return sum;
}

}  // namespace

RecallReference::RecallReference(const Workload& workload, const Factor& factor)
    : workload_(workload), factor_(factor), degenerate_(static_cast<size_t>(workload.n)) {
  for (int64_t i = 0; i < workload_.n; ++i) {
    const double p = factor_.residual_variance[i];
    const double explained = SquaredNorm(
        std::span(factor_.factor)
            .subspan(static_cast<size_t>(i * workload_.m), static_cast<size_t>(workload_.m)));
    // The rounding level of p as documented.
    const double level =
        8.0 * static_cast<double>(workload_.m + 8) * std::ldexp(1.0, -53) * (p + explained);
    degenerate_[i] = p <= level;
  }
}

int64_t RecallReference::NumCandidates(int64_t row) const {
  return workload_.predecessors ? row : workload_.n - 1;
}

bool RecallReference::IsCandidate(int64_t row, int64_t candidate) const {
  return candidate >= 0 && candidate < (workload_.predecessors ? row : workload_.n) &&
         candidate != row;
}

double RecallReference::Distance(int64_t i, int64_t j) const {
  if (degenerate_[i] || degenerate_[j]) return 1.0;
  const int64_t d = workload_.d;
  const int64_t m = workload_.m;
  double r2 = 0;
  for (int64_t c = 0; c < d; ++c) {
    const double lengthscale = workload_.lengthscales[workload_.lengthscales.size() == 1 ? 0 : c];
    const double difference =
        (workload_.points[i * d + c] - workload_.points[j * d + c]) / lengthscale;
    r2 += difference * difference;
  }
  double explained = 0;
  for (int64_t l = 0; l < m; ++l) {
    explained += factor_.factor[i * m + l] * factor_.factor[j * m + l];
  }
  const double rho = (Covariance(workload_.kernel, r2) - explained) /
                     std::sqrt(factor_.residual_variance[i] * factor_.residual_variance[j]);
  return std::sqrt(1.0 - std::min(1.0, std::abs(rho)));
}

double RecallReference::WorstDistance(int64_t row) {
  const auto known = worst_.find(row);
  if (known != worst_.end()) return known->second;
  std::vector<double> distances;
  const int64_t end = workload_.predecessors ? row : workload_.n;
  for (int64_t j = 0; j < end; ++j) {
    if (j != row) distances.push_back(Distance(row, j));
  }
  const int64_t places = std::min<int64_t>(workload_.k, static_cast<int64_t>(distances.size()));
  const auto worst = distances.begin() + (places - 1);
  std::nth_element(distances.begin(), worst, distances.end());
  worst_.emplace(row, *worst);
  return *worst;
}

Recall RecallReference::Score(const std::vector<int64_t>& rows, const Answers& answers,
                              int64_t sample) {
  const int64_t num_queries = rows.empty() ? workload_.n : static_cast<int64_t>(rows.size());
  const int64_t k = workload_.k;
  Recall recall;
  recall.rows = std::min(sample, num_queries);
  for (const int64_t place : RandomNumbers(kSampleSeed).DistinctRows(num_queries, recall.rows)) {
    const int64_t row = rows.empty() ? place : rows[place];
    const int64_t expected = std::min(k, NumCandidates(row));
    if (expected == 0) continue;
    recall.expected += expected;
    const double worst = WorstDistance(row);
    std::unordered_set<int64_t> seen;
    for (int64_t rank = 0; rank < expected; ++rank) {
      const int64_t neighbor = answers.neighbors[place * k + rank];
      if (!IsCandidate(row, neighbor) || !seen.insert(neighbor).second) continue;
      const double distance = Distance(row, neighbor);
      if (distance <= worst + kTolerance) ++recall.right;
      const double error = std::abs(answers.distances[place * k + rank] - distance);
      // NaN counts as an infinite error; std::max would ignore it.
      recall.distance_error = std::isnan(error) ? INFINITY : std::max(recall.distance_error, error);
    }
  }
  return recall;
}

}  // namespace residual_knn::bench
