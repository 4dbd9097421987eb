// The four BLAS and LAPACK routines in use against naive loops, under many callers at once, and the
// threads that they leave.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <latch>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "blas/blas.h"
#include "simd/float_text.h"
#include "simd/guarded_array.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

namespace blas = residual_knn::blas;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr long double kUnit = 0x1p-53L;

// A row-major matrix whose rows are `ld` apart. Its memory ends where its last row does. What lies
// between the rows is NaN, and must stay so.
class Matrix {
 public:
  Matrix(int64_t rows, int64_t columns, int64_t ld)
      : rows_(rows),
        columns_(columns),
        ld_(ld),
        values_(rows == 0 ? 0 : (rows - 1) * ld + columns) {
    std::fill_n(values_.data(), values_.size(), kNaN);
  }
  Matrix(Random& random, int64_t rows, int64_t columns, int64_t ld) : Matrix(rows, columns, ld) {
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < columns; ++j) (*this)(i, j) = random.Normal();
    }
  }
  [[nodiscard]] int64_t rows() const { return rows_; }
  [[nodiscard]] int64_t columns() const { return columns_; }
  [[nodiscard]] int64_t ld() const { return ld_; }
  [[nodiscard]] double* data() { return values_.data(); }
  [[nodiscard]] double& operator()(int64_t i, int64_t j) { return values_[i * ld_ + j]; }

  [[nodiscard]] bool GapsIntact() {
    for (int64_t i = 0; i + 1 < rows_; ++i) {
      for (int64_t j = columns_; j < ld_; ++j) {
        if (!std::isnan((*this)(i, j))) return false;
      }
    }
    return values_.Intact();
  }

 private:
  int64_t rows_;
  int64_t columns_;
  int64_t ld_;
  GuardedArray<double> values_;
};

// start + sign * sum_k a(i, k) b(j, k), and what rounding may do to it.
struct Sum {
  long double value;
  long double tolerance;
};

Sum DotOf(Matrix& a, int64_t i, Matrix& b, int64_t j, int64_t terms, long double start, int sign) {
  long double sum = start;
  long double magnitudes = std::abs(start);
  for (int64_t k = 0; k < terms; ++k) {
    const long double product = static_cast<long double>(a(i, k)) * b(j, k);
    sum += sign * product;
    magnitudes += std::abs(product);
  }
  return {sum, static_cast<long double>(terms + 3) * kUnit * magnitudes};
}

bool Near(double found, const Sum& expected, const char* what) {
  return std::abs(found - expected.value) <= expected.tolerance ||
         Fail(std::string(what) + ": " + Text(found) + " instead of " +
              Text(static_cast<double>(expected.value)));
}

bool ProductHolds(Random& random, int64_t rows, int64_t columns, int64_t m) {
  Matrix a(random, rows, m, m);
  Matrix b(random, columns, m, m);
  Matrix out(rows, columns, columns);  // full of NaN, which must not get into the product
  blas::MultiplyTransposed(a.data(), rows, b.data(), columns, m, out.data());
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      if (!Near(out(i, j), DotOf(a, i, b, j, m, 0, 1), "MultiplyTransposed")) return false;
    }
  }
  return out.GapsIntact() || Fail("MultiplyTransposed wrote beyond its result");
}

bool SubtractionHolds(Random& random, int64_t rows, int64_t columns, int64_t m) {
  Matrix a(random, rows, m, m + random.Integer(0, 5) + (m == 0 ? 1 : 0));
  Matrix b(random, columns, m, m + random.Integer(0, 5) + (m == 0 ? 1 : 0));
  Matrix out(random, rows, columns, columns + random.Integer(0, 5));
  std::vector<double> start;
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) start.push_back(out(i, j));
  }
  blas::SubtractProductTransposed(a.data(), a.ld(), rows, b.data(), b.ld(), columns, m, out.data(),
                                  out.ld());
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      const Sum expected = DotOf(a, i, b, j, m, start[i * columns + j], -1);
      if (!Near(out(i, j), expected, "SubtractProductTransposed")) return false;
    }
  }
  return out.GapsIntact() || Fail("SubtractProductTransposed wrote beyond its result");
}

// Makes the block positive definite in the lower triangle and leaves NaN above.
void FillPositiveDefinite(Random& random, Matrix& block) {
  const int64_t n = block.rows();
  Matrix root(random, n, n, n);
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      const Sum sum = DotOf(root, i, root, j, n, i == j ? 0.1L : 0.0L, 1);
      block(i, j) = static_cast<double>(sum.value);
    }
  }
}

std::vector<double> LowerTriangle(Matrix& block) {
  std::vector<double> values;
  for (int64_t i = 0; i < block.rows(); ++i) {
    for (int64_t j = 0; j <= i; ++j) values.push_back(block(i, j));
  }
  return values;
}

bool UpperTriangleIntact(Matrix& block) {
  for (int64_t i = 0; i < block.rows(); ++i) {
    for (int64_t j = i + 1; j < block.columns(); ++j) {
      if (!std::isnan(block(i, j))) return false;
    }
  }
  return block.GapsIntact();
}

// L L^T gives the matrix back (Higham 2002, theorem 10.3).
bool FactorHolds(Random& random, int64_t n) {
  Matrix block(n, n, n + random.Integer(0, 5));
  FillPositiveDefinite(random, block);
  const std::vector<double> given = LowerTriangle(block);
  const int64_t pivot = blas::Cholesky(block.data(), n, block.ld());
  if (pivot != -1) return Fail("Cholesky failed at pivot " + std::to_string(pivot));
  if (!UpperTriangleIntact(block)) return Fail("Cholesky wrote beyond the lower triangle");
  size_t next = 0;
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      if (!Near(given[next++], DotOf(block, i, block, j, j + 1, 0, 1), "Cholesky")) return false;
    }
  }
  return true;
}

// The pivot that spoils the matrix is the one that is named.
bool FailingPivotHolds(Random& random, int64_t n, double spoiled) {
  const int64_t pivot = random.Integer(0, n - 1);
  Matrix block(n, n, n + random.Integer(0, 5));
  FillPositiveDefinite(random, block);
  block(pivot, pivot) = spoiled;
  const int64_t found = blas::Cholesky(block.data(), n, block.ld());
  return found == pivot ||
         Fail("pivot " + std::to_string(pivot) + " of " + std::to_string(n) + " is " +
              Text(spoiled) + ", Cholesky says " + std::to_string(found));
}

// A second row that equals the first leaves a pivot of exactly 0.
bool ZeroPivotHolds() {
  Matrix block(3, 3, 3);
  for (const auto& [i, j] : {std::pair{0, 0}, {1, 0}, {1, 1}, {2, 0}, {2, 1}}) block(i, j) = 4;
  block(2, 2) = 5;
  return blas::Cholesky(block.data(), 3, 3) == 1 || Fail("a pivot of 0 was not found");
}

// X L^T = B again (Higham 2002, theorem 8.5).
bool SolutionHolds(Random& random, int64_t n, int64_t rows) {
  Matrix lower(random, n, n, n + random.Integer(0, 5));
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double& value = lower(i, j);
      value = j > i ? kNaN : i == j ? 1 + std::abs(value) : value / static_cast<double>(n);
    }
  }
  Matrix b(random, rows, n, n + random.Integer(0, 5));
  std::vector<double> given;
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < n; ++j) given.push_back(b(i, j));
  }
  blas::SolveLowerTransposed(lower.data(), lower.ld(), n, b.data(), b.ld(), rows);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      Sum expected = DotOf(b, i, lower, j, j + 1, 0, 1);
      // OpenBLAS multiplies with inverted pivots and inverts small blocks.
      expected.tolerance *= 4;
      if (!Near(given[i * n + j], expected, "SolveLowerTransposed")) return false;
    }
  }
  return b.GapsIntact() || Fail("SolveLowerTransposed wrote beyond its result");
}

bool RoutinesHold(const TestRun& run) {
  for (int64_t i = 0; i < run.Scaled(200); ++i) {
    const uint64_t seed = run.seed + i;
    Random random(seed);
    const int64_t rows = random.LogInteger(1, 150) - 1;
    const int64_t columns = random.LogInteger(1, 150) - 1;
    const int64_t m = random.LogInteger(1, 150) - 1;
    const double spoiled[] = {0.0, -1.0, -1e-300, -1e300};
    const bool good = ProductHolds(random, rows, columns, m) &&
                      SubtractionHolds(random, rows, columns + 1, m) && FactorHolds(random, m) &&
                      FailingPivotHolds(random, m + 1, spoiled[seed % 4]) &&
                      SolutionHolds(random, m, rows);
    if (!good) {
      return Fail(
          seed, std::to_string(rows) + " x " + std::to_string(columns) + " x " + std::to_string(m));
    }
  }
  return ZeroPivotHolds();
}

// a a^T by three loops.
std::vector<double> NaiveSquare(const std::vector<double>& a, int64_t size) {
  std::vector<double> square(a.size());
  for (int64_t i = 0; i < size; ++i) {
    for (int64_t j = 0; j < size; ++j) {
      for (int64_t k = 0; k < size; ++k) square[i * size + j] += a[i * size + k] * a[j * size + k];
    }
  }
  return square;
}

// Returns how many of the products of one caller are wrong.
int64_t CountWrongProducts(uint64_t seed, int64_t size, int64_t products) {
  Random random(seed);
  std::vector<double> a(size * size);
  const double offset = random.Uniform(0, 16);
  for (double& x : a) x = random.Normal() + offset;
  const std::vector<double> exact = NaiveSquare(a, size);
  std::vector<double> last_right;
  std::vector<double> out(a.size());
  int64_t wrong = 0;
  for (int64_t product = 0; product < products; ++product) {
    blas::MultiplyTransposed(a.data(), size, a.data(), size, size, out.data());
    if (out == last_right) continue;  // the quick way, so that most of the time goes into BLAS
    const bool right = std::equal(out.begin(), out.end(), exact.begin(),
                                  [](double x, double y) { return std::abs(x - y) <= 1e-9; });
    if (right) last_right = out;
    wrong += right ? 0 : 1;
  }
  return wrong;
}

// Small products of different numbers in every thread: callers that share a buffer spoil each
// other's. Debian's serial OpenBLAS fails this test on two idle processors: it is built without
// locks.
bool ManyCallersHold(uint64_t seed, int64_t size, int64_t products) {
  constexpr int kCallers = 16;
  std::atomic<int64_t> wrong = 0;
  std::latch start(kCallers);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      start.arrive_and_wait();
      wrong += CountWrongProducts(seed + caller, size, products / kCallers);
    });
  }
  for (std::thread& caller : callers) caller.join();
  return wrong == 0 || Fail(seed, std::to_string(wrong) + " of " + std::to_string(products) +
                                      " concurrent products are wrong");
}

int64_t CountTasks() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

// Threads of this process that nobody here has started.
#if defined(__SANITIZE_THREAD__)
constexpr int64_t kTasks = 2;  // ThreadSanitizer has one of its own
#else
constexpr int64_t kTasks = 1;
#endif

// No pool is left to hang a forked child or to oversubscribe the host. A thread that has been
// joined is listed for a moment longer.
bool NoThreadsAreLeft() {
  double one = 1;
  blas::MultiplyTransposed(&one, 1, &one, 1, 1, &one);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (CountTasks() != kTasks && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return CountTasks() == kTasks || Fail(std::to_string(CountTasks()) + " tasks in this process");
}

void TestRoutines(void** state) { assert_true(RoutinesHold(*static_cast<const TestRun*>(*state))); }
void TestManyCallers(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(ManyCallersHold(run.seed, 40, run.Scaled(100'000)));
  assert_true(ManyCallersHold(run.seed, 20, run.Scaled(400'000)));
}
void TestThreads(void**) {
#ifdef RESIDUAL_KNN_PRIVATE_BLAS
  assert_true(NoThreadsAreLeft());
#else
  print_message("the system's BLAS may keep threads of its own\n");
  skip();
#endif
}
void TestDescription(void**) {
  print_message("BLAS: %s\n", blas::Description());
  assert_true(std::string(blas::Description()).starts_with("OpenBLAS"));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestThreads),
      cmocka_unit_test_prestate(TestRoutines, &run),
      cmocka_unit_test_prestate(TestManyCallers, &run),
      cmocka_unit_test(TestThreads),
      cmocka_unit_test(TestDescription),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
