// Covariance callbacks that fail or return wrong values: the search must fail as documented, leave its outputs
// untouched, and the index must be unchanged. Also counts the calls.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "support/api_objects.h"
#include "support/poisoned.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kN = 300;
constexpr int64_t kQueries = 50;
constexpr int32_t kK = 4;
constexpr int64_t kTile = 64;

// exp(-|i - j| / 10), until it is told to fail at a certain call.
struct Covariance {
  int64_t misbehave_at = -1;  // number of the call
  int32_t status = 0;         // to return then
  double value = 0;           // to put somewhere in the block then, if status is 0
  std::atomic<int64_t> calls = 0;
};

int32_t Evaluate(void* user, const int64_t* rows, int64_t num_rows, const int64_t* columns,
                 int64_t num_columns, double* covariance) {
  auto& self = *static_cast<Covariance*>(user);
  const int64_t call = self.calls++;
  for (int64_t a = 0; a < num_rows; ++a) {
    for (int64_t b = 0; b < num_columns; ++b) {
      covariance[a * num_columns + b] =
          std::exp(-0.1 * std::abs(static_cast<double>(rows[a] - columns[b])));
    }
  }
  if (call != self.misbehave_at) return 0;
  if (self.status == 0) covariance[num_rows * num_columns - 1] = self.value;
  return self.status;
}

IndexHandle Create(Covariance& covariance, bool concurrent) {
  residual_knn_model_options options = ModelOptions();
  options.concurrent_callback = concurrent ? 1 : 0;
  const std::vector<double> variance(kN, 1.0);
  residual_knn_index* index = nullptr;
  residual_knn_index_create_from_callback(nullptr, kN, 0, variance.data(), Evaluate, &covariance,
                                          &options, &index);
  return IndexHandle(index);
}

struct Outputs {
  Poisoned<int64_t> neighbors{kN * kK};
  Poisoned<int32_t> neighbors32{kN * kK};
  Poisoned<double> distances{kN * kK};
  residual_knn_statistics statistics = {};

  [[nodiscard]] bool untouched() const {
    return neighbors.untouched() && neighbors32.untouched() && distances.untouched() &&
           statistics.queries == -1;
  }
};

// Searches of every kind; ways 0 to 5.
constexpr int kWays = 6;
residual_knn_status Search(const residual_knn_index* index, int way, int32_t threads,
                           Outputs& outputs) {
  residual_knn_search_options options = SearchOptions();
  options.threads = threads;
  options.tile_queries = kTile;
  options.tile_candidates = kTile;
  residual_knn_statistics_init(&outputs.statistics, sizeof outputs.statistics);
  outputs.statistics.queries = -1;
  const std::vector<double> variance(kQueries, 1.0);
  double* distances = outputs.distances.data();
  residual_knn_statistics* statistics = &outputs.statistics;
  switch (way) {
    case 0:
      return residual_knn_neighbors(index, nullptr, kN, &options, kK, outputs.neighbors.data(),
                                    distances, statistics);
    case 1:
      return residual_knn_predecessors(index, nullptr, kN, &options, kK, outputs.neighbors.data(),
                                       distances, statistics);
    case 2:
      return residual_knn_neighbors_of_new_factor(index, nullptr, variance.data(), nullptr,
                                                  kQueries, &options, kK, outputs.neighbors.data(),
                                                  distances, statistics);
    case 3:
      return residual_knn_neighbors_int32(index, nullptr, kN, &options, kK, 1, 0,
                                          outputs.neighbors32.data(), distances, statistics);
    case 4:
      return residual_knn_predecessors_int32(index, nullptr, kN, &options, kK, 0, -1,
                                             outputs.neighbors32.data(), distances, statistics);
    default:
      return residual_knn_neighbors_of_new_factor_int32(
          index, nullptr, variance.data(), nullptr, kQueries, &options, kK, 0, -1,
          outputs.neighbors32.data(), distances, statistics);
  }
}

bool FailuresHold() {
  struct Misbehavior {
    const char* name;
    int32_t status;
    double value;
  };
  constexpr Misbehavior kMisbehaviors[] = {
      {"returns 1", 1, 0},
      {"returns -7", -7, 0},
      {"gives NaN", 0, std::numeric_limits<double>::quiet_NaN()},
      {"gives Inf", 0, std::numeric_limits<double>::infinity()},
      {"gives -Inf", 0, -std::numeric_limits<double>::infinity()},
  };
  int count = 0;
  for (const Misbehavior& misbehavior : kMisbehaviors) {
    for (int way = 0; way < kWays; ++way) {
      for (const int32_t threads : {1, 3}) {
        // The first block, a middle one, the last one.
        Covariance dry_run;
        const IndexHandle counted = Create(dry_run, threads > 1);
        Outputs good;
        if (Search(counted.get(), way, threads, good) != RESIDUAL_KNN_OK) {
          return Fail(residual_knn_last_error());
        }
        const int64_t blocks = dry_run.calls;
        for (const int64_t at : {int64_t{0}, blocks / 2, blocks - 1}) {
          const std::string name = std::string("a callback that ") + misbehavior.name +
                                   " at block " + std::to_string(at) + ", way " +
                                   std::to_string(way) + ", threads " + std::to_string(threads);
          Covariance covariance;
          covariance.misbehave_at = at;
          covariance.status = misbehavior.status;
          covariance.value = misbehavior.value;
          const IndexHandle index = Create(covariance, threads > 1);
          Outputs outputs;
          const residual_knn_status status = Search(index.get(), way, threads, outputs);
          if (status != RESIDUAL_KNN_ERROR_CALLBACK) {
            return Fail(name + ": status " + std::to_string(status));
          }
          if (!outputs.untouched()) return Fail(name + ": an output was touched");
          if (std::string(residual_knn_last_error()).find("callback") == std::string::npos) {
            return Fail(name + ": " + residual_knn_last_error());
          }
          // It fails only once, so the index must now give the usual answer.
          Outputs again;
          if (Search(index.get(), way, threads, again) != RESIDUAL_KNN_OK ||
              std::memcmp(again.distances.data(), good.distances.data(),
                          kN * kK * sizeof(double)) != 0 ||
              std::memcmp(again.neighbors.data(), good.neighbors.data(),
                          kN * kK * sizeof(int64_t)) != 0) {
            return Fail(name + ": the index was harmed");
          }
          ++count;
        }
      }
    }
  }
  std::printf("%d failures\n", count);
  return true;
}

// Absurd but finite covariances: correlations are clamped, nothing is NaN, and the order is right.
struct Wild {
  double scale;
};

int32_t EvaluateWild(void* user, const int64_t* rows, int64_t num_rows, const int64_t* columns,
                     int64_t num_columns, double* covariance) {
  const double scale = static_cast<const Wild*>(user)->scale;
  for (int64_t a = 0; a < num_rows; ++a) {
    for (int64_t b = 0; b < num_columns; ++b) {
      const int64_t kind = (rows[a] + columns[b]) % 4;
      covariance[a * num_columns + b] = kind == 0   ? scale
                                        : kind == 1 ? -scale
                                        : kind == 2 ? 0.0
                                                    : 1 / scale;
    }
  }
  return 0;
}

bool WildCovariancesHold() {
  constexpr int64_t kPoints = 500;
  for (const double scale : {1e150, 1e300, std::numeric_limits<double>::max()}) {
    for (const double p : {1.0, 1e-270, 1e130}) {
      Wild wild{scale};
      const std::vector<double> variance(kPoints, p);
      residual_knn_index* index = nullptr;
      residual_knn_index_create_from_callback(nullptr, kPoints, 0, variance.data(), EvaluateWild,
                                              &wild, nullptr, &index);
      const IndexHandle owner(index);
      Question question;
      question.all_rows = true;
      question.rows.resize(kPoints);
      for (int64_t i = 0; i < kPoints; ++i) question.rows[i] = i;
      for (const int32_t k : {3, 140, 400}) {
        for (const int32_t ranking : {RESIDUAL_KNN_ABSOLUTE, RESIDUAL_KNN_SIGNED}) {
          question.k = k;
          Manner manner;
          manner.ranking = ranking;
          const Answer answer = Ask(index, question, manner);
          if (answer.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
          for (int64_t i = 0; i < kPoints; ++i) {
            // rho of each kind computed here, clamped.
            std::vector<std::pair<double, int64_t>> order;
            for (int64_t j = 0; j < kPoints; ++j) {
              if (j == i) continue;
              const int64_t kind = (i + j) % 4;
              const double covariance = kind == 0   ? scale
                                        : kind == 1 ? -scale
                                        : kind == 2 ? 0.0
                                                    : 1 / scale;
              const double rho = std::max(-1.0, std::min(1.0, covariance / p));
              const double ranked = ranking == RESIDUAL_KNN_SIGNED ? rho : std::abs(rho);
              order.emplace_back(std::sqrt(1 - ranked), j);
            }
            std::sort(order.begin(), order.end());
            for (int32_t rank = 0; rank < k; ++rank) {
              if (answer.neighbors[i * k + rank] != order[rank].second ||
                  std::abs(answer.distances[i * k + rank] - order[rank].first) > 1e-12) {
                return Fail("covariances of " + std::to_string(scale) + ", p " + std::to_string(p) +
                            ", k " + std::to_string(k) + ", row " + std::to_string(i) + ", rank " +
                            std::to_string(rank) + ": " +
                            std::to_string(answer.neighbors[i * k + rank]) + " instead of " +
                            std::to_string(order[rank].second));
              }
            }
          }
        }
      }
    }
  }
  return true;
}

// exp(-rate |i - j|); counts calls and pairs.
struct Counted {
  double rate = 0;
  std::atomic<int64_t> calls = 0;
  std::atomic<int64_t> pairs = 0;
};

int32_t EvaluateCounted(void* user, const int64_t* rows, int64_t num_rows, const int64_t* columns,
                        int64_t num_columns, double* covariance) {
  auto& self = *static_cast<Counted*>(user);
  ++self.calls;
  self.pairs += num_rows * num_columns;
  for (int64_t a = 0; a < num_rows; ++a) {
    for (int64_t b = 0; b < num_columns; ++b) {
      covariance[a * num_columns + b] =
          std::exp(-self.rate * std::abs(static_cast<double>(rows[a] - columns[b])));
    }
  }
  return 0;
}

// A call may cost much more than its pairs, above all in other languages. Each block of queries needs one call for each
// tile, and one for the first rows if nothing else is correlated. Ties at distance 1 are not scored again.
bool CallsAreFew() {
  for (const double rate : {0.1, 1000.0}) {
    Counted counted;
    counted.rate = rate;
    const std::vector<double> variance(kN, 1.0);
    residual_knn_index* index = nullptr;
    residual_knn_index_create_from_callback(nullptr, kN, 0, variance.data(), EvaluateCounted,
                                            &counted, nullptr, &index);
    const IndexHandle owner(index);
    Outputs outputs;
    if (Search(index, 0, 1, outputs) != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
    const int64_t blocks = (kN + kTile - 1) / kTile;
    const int64_t rescored = outputs.statistics.pairs_rescored;
    std::printf("rate %g: %lld calls, %lld pairs, %lld scored again\n", rate,
                static_cast<long long>(counted.calls), static_cast<long long>(counted.pairs),
                static_cast<long long>(rescored));
    if (counted.calls > blocks * (blocks + 1)) return Fail("too many calls");
    if (counted.pairs > kN * (kN + blocks * (kK + 1))) return Fail("too many pairs");
    if (rescored > 4 * kN * (kK + 1)) return Fail("too many pairs are scored again");
    for (int64_t i = 0; i < kN; ++i) {  // far from both ends, the next two on either side
      if (rate == 0.1 && i >= 2 && i < kN - 2) {
        const int64_t expected[kK] = {i - 1, i + 1, i - 2, i + 2};
        if (std::memcmp(expected, outputs.neighbors.data() + i * kK, sizeof expected) != 0) {
          return Fail("wrong neighbors of row " + std::to_string(i));
        }
      }
      for (int64_t rank = 0; rate == 1000.0 && rank < kK; ++rank) {  // nothing but ties
        if (outputs.neighbors.data()[i * kK + rank] != rank + (rank >= i ? 1 : 0)) {
          return Fail("wrong ties of row " + std::to_string(i));
        }
      }
    }
  }
  return true;
}

void TestCalls(void** /*state*/) { assert_true(CallsAreFew()); }
void TestFailures(void** /*state*/) { assert_true(FailuresHold()); }
void TestWildCovariances(void** /*state*/) { assert_true(WildCovariancesHold()); }

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestFailures),
      cmocka_unit_test(TestWildCovariances),
      cmocka_unit_test(TestCalls),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
