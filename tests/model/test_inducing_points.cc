// The choice of inducing points: compared with a plain k-means from the same seeds and with the probabilities of
// k-means++. The bytes must be the same for all numbers of threads and SIMD targets.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "points/inducing_points.h"
#include "simd/for_each_target.h"
#include "support/float_text.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::ChooseKMeans;
using residual_knn::ChooseRandomRows;
using residual_knn::DenseMatrixView;
using residual_knn::Error;
using residual_knn::KMeansOptions;
using residual_knn::KMeansResult;
using residual_knn::Monitor;
using residual_knn::ScaledPoints;

ScaledPoints Scale(const std::vector<double>& values, int64_t d) {
  const double lengthscale = 1;
  return {DenseMatrixView{values.data(), static_cast<int64_t>(values.size()) / d, d},
          {&lengthscale, 1},
          "points"};
}

std::vector<double> DrawUniform(Random& random, int64_t count) {
  std::vector<double> values(static_cast<size_t>(count));
  for (double& value : values) value = random.Uniform();
  return values;
}

KMeansResult KMeans(const ScaledPoints& points, const KMeansOptions& options) {
  Monitor monitor;
  return ChooseKMeans(points, options, monitor);
}

std::vector<int64_t> RandomRows(const ScaledPoints& points, int64_t m, uint64_t seed) {
  Monitor monitor;
  return ChooseRandomRows(points, m, seed, monitor);
}

std::vector<double> LocationOf(const ScaledPoints& points, int64_t row) {
  std::vector<double> location(static_cast<size_t>(points.dimensions()));
  points.CopyPoint(row, location.data());
  return location;
}

bool LocationsDiffer(const ScaledPoints& points, const std::vector<int64_t>& rows) {
  std::set<std::vector<double>> locations;
  for (const int64_t row : rows) {
    if (row < 0 || row >= points.size()) return false;
    locations.insert(LocationOf(points, row));
  }
  return locations.size() == rows.size();
}

// The message of an invalid-argument error, or another result.
std::string MessageOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    if (error.status() != RESIDUAL_KNN_ERROR_INVALID_ARGUMENT) return "another status";
    return error.what();
  }
  return "no error";
}

// ---------------------------------------------------------------- rows at different locations

// n points at `locations` different places, at least one of each.
std::vector<double> DrawDuplicates(Random& random, int64_t n, int64_t d, int64_t locations) {
  const std::vector<double> places = DrawUniform(random, locations * d);
  std::vector<double> values;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t place = i < locations ? i : random.Integer(0, locations - 1);
    for (int64_t c = 0; c < d; ++c) values.push_back(places[place * d + c]);
  }
  return values;
}

bool RowsAreDistinct(uint64_t seed) {
  Random random(seed);
  const int64_t d = random.Integer(1, 4);
  const int64_t n = random.Integer(1, 300);
  const int64_t locations = random.Integer(1, n);
  const ScaledPoints points = Scale(DrawDuplicates(random, n, d, locations), d);
  const std::string name = "n " + std::to_string(n) + ", d " + std::to_string(d) + ", " +
                           std::to_string(locations) + " locations: ";
  for (const int64_t m : {int64_t{0}, (locations + 1) / 2, locations}) {
    const std::vector<int64_t> rows = RandomRows(points, m, seed);
    if (static_cast<int64_t>(rows.size()) != m || !LocationsDiffer(points, rows)) {
      return Fail(seed, name + "random rows");
    }
    const KMeansResult kmeans = KMeans(points, {m, 0, seed, 1});
    if (static_cast<int64_t>(kmeans.rows.size()) != m || !LocationsDiffer(points, kmeans.rows) ||
        !kmeans.centers.empty()) {
      return Fail(seed, name + "k-means");
    }
  }
  const std::string expected = "m is " + std::to_string(locations + 1) +
                               ", but the points have only " + std::to_string(locations) +
                               " distinct locations";
  for (const std::string& message :
       {MessageOf([&] { RandomRows(points, locations + 1, seed); }), MessageOf([&] {
          KMeans(points, {locations + 1, 3, seed, 1});
        })}) {
    if (message != expected) return Fail(seed, name + message);
  }
  return true;
}

void TestDistinctRows(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  for (int64_t i = 0; i < run.Scaled(100); ++i) {
    assert_true(RowsAreDistinct(run.seed + static_cast<uint64_t>(i)));
  }
}

// 0 and -0 are the same place. Places are different even if their squared distance underflows, or if they coincide only
// after scaling.
bool SpecialLocationsHold() {
  const ScaledPoints zeros = Scale({0.0, -0.0, 0.0, 1.0}, 1);
  if (!LocationsDiffer(zeros, RandomRows(zeros, 2, 1))) return Fail("0 and -0 are two places");
  const std::string of_zeros = MessageOf([&] { RandomRows(zeros, 3, 1); });
  if (of_zeros.find("only 2 distinct") == std::string::npos) return Fail(of_zeros);
  const ScaledPoints close = Scale({0.0, 1e-170, 2e-170}, 1);
  if (RandomRows(close, 3, 1).size() != 3) return Fail("close places are one");
  if (!LocationsDiffer(close, KMeans(close, {3, 0, 1, 1}).rows)) return Fail("close seeds are one");
  const std::string of_close = MessageOf([&] { KMeans(close, {4, 0, 1, 1}); });
  if (of_close.find("only 3 distinct") == std::string::npos) return Fail(of_close);
  const std::vector<double> values = {1e-20, 2e-20, 1e-20, 3e-20, 0.5};
  const residual_knn::DenseMatrixView originals{values.data(), 5, 1};
  const ScaledPoints merged = Scale({-0.5, -0.5, -0.5, -0.5, 0}, 1);
  Monitor monitor;
  for (const int64_t m : {4, 5}) {
    for (const bool random_rows : {false, true}) {
      const auto choose = [&] {
        return random_rows ? ChooseRandomRows(merged, m, 1, monitor, originals)
                           : ChooseKMeans(merged, {m, 0, 1, 1}, monitor, originals).rows;
      };
      if (m == 5) {
        const std::string text = MessageOf(choose);
        if (text.find("only 4 distinct") == std::string::npos) return Fail(text);
        continue;
      }
      const std::vector<int64_t> rows = choose();
      std::set<double> places;
      for (const int64_t row : rows) places.insert(values[row]);
      if (places.size() != 4) return Fail("places that scaling made one are one");
    }
  }
  return true;
}

void TestSpecialLocations(void** /*state*/) { assert_true(SpecialLocationsHold()); }

// ---------------------------------------------------------------- draws

// Whether counts of draws agree with probabilities; false by chance with a probability of about 1e-6.
bool Agree(const std::vector<double>& probabilities, const std::vector<int>& counts) {
  int draws = 0;
  for (const int count : counts) draws += count;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double expected = draws * probabilities[i];
    if (std::abs(counts[i] - expected) > 5 * std::sqrt(expected) + 1) {
      return Fail("outcome " + std::to_string(i) + ": " + std::to_string(counts[i]) + " of " +
                  std::to_string(draws) + " draws, expected " + std::to_string(expected));
    }
  }
  return true;
}

// Points at 0, 1, 3. The first seed is uniform; the probability of the second is proportional to the squared distance.
bool SeedsFollowSquaredDistances(const TestRun& run) {
  const ScaledPoints points = Scale({0, 1, 3}, 1);
  std::vector<int> counts(9);
  for (int64_t i = 0; i < run.Scaled(30000); ++i) {
    const uint64_t seed = run.seed + static_cast<uint64_t>(i);
    const std::vector<int64_t> rows = KMeans(points, {2, 0, seed, 1}).rows;
    ++counts[rows[0] * 3 + rows[1]];
  }
  return Agree({0, 1 / 30.0, 9 / 30.0, 1 / 15.0, 0, 4 / 15.0, 9 / 39.0, 4 / 39.0, 0}, counts);
}

void TestSeedsFollowSquaredDistances(void** state) {
  assert_true(SeedsFollowSquaredDistances(*static_cast<const TestRun*>(*state)));
}

bool RandomRowsAreUniform(const TestRun& run) {
  const ScaledPoints points = Scale({0, 1, 3, 7}, 1);
  std::vector<int> counts(16);
  for (int64_t i = 0; i < run.Scaled(30000); ++i) {
    const uint64_t seed = run.seed + static_cast<uint64_t>(i);
    const std::vector<int64_t> rows = RandomRows(points, 2, seed);
    ++counts[rows[0] * 4 + rows[1]];
  }
  std::vector<double> probabilities(16, 1 / 12.0);
  for (int i = 0; i < 4; ++i) probabilities[5 * i] = 0;
  return Agree(probabilities, counts);
}

void TestRandomRowsAreUniform(void** state) {
  assert_true(RandomRowsAreUniform(*static_cast<const TestRun*>(*state)));
}

// ---------------------------------------------------------------- Lloyd steps

// Lloyd's algorithm, one point at a time.
class PlainLloyd {
 public:
  PlainLloyd(const ScaledPoints& points, const std::vector<int64_t>& seeds)
      : points_(points), nearest_(static_cast<size_t>(points.size()), -1), sq_(nearest_.size()) {
    for (const int64_t seed : seeds) centers_.push_back(LocationOf(points, seed));
  }

  [[nodiscard]] const std::vector<std::vector<double>>& centers() const { return centers_; }
  [[nodiscard]] int filled() const { return filled_; }

  // False if nothing changed.
  bool Step() {
    const std::vector<int64_t> before = nearest_;
    Assign();
    const int filled_before = filled_;
    for (size_t q = 0; q < centers_.size(); ++q) {
      if (SizeOf(static_cast<int64_t>(q)) == 0) Fill(static_cast<int64_t>(q));
    }
    if (nearest_ == before && filled_ == filled_before) return false;
    for (size_t q = 0; q < centers_.size(); ++q) Move(static_cast<int64_t>(q));
    return true;
  }

 private:
  void Assign() {
    for (int64_t j = 0; j < points_.size(); ++j) {
      sq_[j] = std::numeric_limits<double>::infinity();
      for (size_t q = 0; q < centers_.size(); ++q) {
        double sq = 0;
        for (int64_t c = 0; c < points_.dimensions(); ++c) {
          sq += (points_(j, c) - centers_[q][c]) * (points_(j, c) - centers_[q][c]);
        }
        if (sq < sq_[j]) {
          sq_[j] = sq;
          nearest_[j] = static_cast<int64_t>(q);
        }
      }
    }
  }

  [[nodiscard]] int64_t SizeOf(int64_t q) const {
    return std::count(nearest_.begin(), nearest_.end(), q);
  }

  void Fill(int64_t q) {
    int64_t farthest = -1;
    for (int64_t j = 0; j < points_.size(); ++j) {
      if (SizeOf(nearest_[j]) > 1 && (farthest < 0 || sq_[j] > sq_[farthest])) farthest = j;
    }
    nearest_[farthest] = q;
    ++filled_;
  }

  void Move(int64_t q) {
    for (int64_t c = 0; c < points_.dimensions(); ++c) {
      long double sum = 0;
      for (int64_t j = 0; j < points_.size(); ++j) {
        if (nearest_[j] == q) sum += points_(j, c);
      }
      centers_[q][c] = static_cast<double>(sum / static_cast<long double>(SizeOf(q)));
    }
  }

  const ScaledPoints& points_;
  std::vector<std::vector<double>> centers_;
  std::vector<int64_t> nearest_;
  std::vector<double> sq_;
  int filled_ = 0;
};

struct LloydTally {
  int filled = 0;     // clusters that lost all their points
  int converged = 0;  // runs that ended before max_iterations
};

bool LloydHolds(const ScaledPoints& points, const KMeansOptions& options, LloydTally& tally) {
  const KMeansResult result = KMeans(points, options);
  PlainLloyd plain(points, result.rows);
  int64_t steps = 0;
  while (steps < options.max_iterations && plain.Step()) ++steps;
  tally.filled += plain.filled();
  if (steps < options.max_iterations) ++tally.converged;
  std::vector<double> expected;
  for (const std::vector<double>& center : plain.centers()) {
    expected.insert(expected.end(), center.begin(), center.end());
  }
  const auto near = [](double x, double y) { return std::abs(x - y) < 1e-12; };
  return std::equal(result.centers.begin(), result.centers.end(), expected.begin(), expected.end(),
                    near) ||
         Fail(options.seed,
              "n " + std::to_string(points.size()) + ", d " + std::to_string(points.dimensions()) +
                  ", m " + std::to_string(options.m) + ", " + std::to_string(steps) + " steps");
}

void TestLloyd(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  LloydTally tally;
  for (int64_t i = 0; i < run.Scaled(400); ++i) {
    const uint64_t seed = run.seed + static_cast<uint64_t>(i);
    Random random(seed);
    const int64_t d = random.Integer(1, 4);
    const int64_t n = random.Integer(30, i % 16 == 0 ? 4000 : 230);
    const int64_t m = random.Integer(2, 21);
    const int64_t iterations = random.Integer(1, 12);
    const ScaledPoints points = Scale(DrawUniform(random, n * d), d);
    assert_true(LloydHolds(points, {m, iterations, seed, 2}, tally));
  }
  std::printf("%d runs converged\n", tally.converged);
  if (run.Scaled(400) < 40) {
    print_message("not checked: whether any run converges; too few runs\n");
    return;
  }
  assert_true(tally.converged > 0);
}

// For some seeds of these points, a cluster loses all its points, which is rare otherwise. The number of runs does not
// depend on the size.
void TestEmptyClusters(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  LloydTally tally;
  const ScaledPoints points = Scale({0.384, 0.371, 0.691, 0.397, 0.199, 0.594}, 1);
  for (uint64_t i = 0; i < 3000; ++i) {
    assert_true(LloydHolds(points, {3, 6, run.seed + i, 1}, tally));
  }
  assert_true(tally.filled > 0);
}

// ---------------------------------------------------------------- the same bytes

bool SameResult(const KMeansResult& a, const KMeansResult& b) {
  return a.rows == b.rows && SameBits(a.centers, b.centers);
}

bool BytesAreTheSame(const TestRun& run) {
  Random random(run.seed);
  constexpr int64_t kDimensions = 3;
  // Enough points for more than one thread in each stage, for any size.
  const ScaledPoints points = Scale(DrawUniform(random, 360001 * kDimensions), kDimensions);
  const KMeansResult one = KMeans(points, {12, 3, 9, 1});
  for (const int threads : {2, 5}) {
    if (!SameResult(one, KMeans(points, {12, 3, 9, threads}))) {
      return Fail(run.seed, std::to_string(threads) + " threads differ from 1");
    }
  }
  if (SameResult(one, KMeans(points, {12, 3, 10, 1}))) return Fail("two seeds give one result");
  return OnEveryTarget([&] {
    return SameResult(one, KMeans(points, {12, 3, 9, 2})) || Fail(run.seed, "another result");
  });
}

void TestSameBytes(void** state) {
  assert_true(BytesAreTheSame(*static_cast<const TestRun*>(*state)));
}

// The same seed gives these rows on every machine and in every version.
bool ArePinnedRows() {
  std::vector<double> values;
  for (int i = 0; i < 100; ++i) values.push_back((i * 37 % 101) / 8.0);
  const ScaledPoints points = Scale(values, 1);
  const std::vector<int64_t> random = RandomRows(points, 5, 42);
  const std::vector<int64_t> seeds = KMeans(points, {5, 0, 42, 1}).rows;
  return random == std::vector<int64_t>{75, 64, 0, 16, 90} &&
         seeds == std::vector<int64_t>{75, 63, 76, 17, 89};
}

void TestPinnedRows(void** /*state*/) { assert_true(ArePinnedRows()); }

// ---------------------------------------------------------------- progress and cancellation

struct Watch {
  int calls_left;
  bool numbers_are_good;
};

int32_t Count(void* user, int64_t done, int64_t total) {
  auto* watch = static_cast<Watch*>(user);
  if (done < 0 || done > total || total < 1) watch->numbers_are_good = false;
  return --watch->calls_left == 0 ? 1 : 0;
}

// Cancels at the given call of the callback.
bool IsCancelled(const std::function<void(Monitor&)>& work, int at_call) {
  Watch watch{at_call, true};
  Monitor monitor(Count, &watch);
  try {
    work(monitor);
  } catch (const Error& error) {
    return watch.calls_left == 0 && watch.numbers_are_good &&
           error.status() == RESIDUAL_KNN_ERROR_CANCELLED;
  }
  return false;
}

bool CancellationHolds(const TestRun& run) {
  Random random(run.seed);
  struct Size {
    int64_t n;
    int64_t d;
    int64_t m;
    int last_call;
  };
  constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
  // Many points; many centers; many coordinates, which take less time than the interval of callbacks.
  for (const Size size :
       {Size{500000, 2, 3000, 4}, Size{20000, 20, 5000, 4}, Size{40, 50000, 30, 1}}) {
    const ScaledPoints points = Scale(DrawUniform(random, size.n * size.d), size.d);
    for (const int threads : {1, 2}) {
      for (int at_call = 1; at_call <= size.last_call; ++at_call) {
        const auto kmeans = [&](Monitor& monitor) {
          ChooseKMeans(points, {size.m, kForever, 3, threads}, monitor);
        };
        if (IsCancelled(kmeans, at_call)) continue;
        return Fail("not cancelled: n " + std::to_string(size.n) + ", d " + std::to_string(size.d) +
                    ", m " + std::to_string(size.m) + ", call " + std::to_string(at_call));
      }
    }
    if (!IsCancelled([&](Monitor& monitor) { ChooseRandomRows(points, size.m, 3, monitor); }, 1)) {
      return Fail("random rows are not cancelled");
    }
  }
  return true;
}

void TestCancellation(void** state) {
  assert_true(CancellationHolds(*static_cast<const TestRun*>(*state)));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestDistinctRows, &run),
      cmocka_unit_test(TestSpecialLocations),
      cmocka_unit_test_prestate(TestSeedsFollowSquaredDistances, &run),
      cmocka_unit_test_prestate(TestRandomRowsAreUniform, &run),
      cmocka_unit_test_prestate(TestLloyd, &run),
      cmocka_unit_test_prestate(TestEmptyClusters, &run),
      cmocka_unit_test_prestate(TestSameBytes, &run),
      cmocka_unit_test(TestPinnedRows),
      cmocka_unit_test_prestate(TestCancellation, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
