// Compares the BLAS product with naive loops, also with many callers at once, and checks that no threads remain.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <latch>
#include <limits>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "blas/blas.h"
#include "simd/guarded_array.h"
#include "support/float_text.h"
#include "support/random_data.h"
#include "support/tasks.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

namespace blas = residual_knn::blas;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr long double kUnit = 0x1p-53L;

// A row-major matrix whose rows are `ld` apart. Its memory ends with its last row. The values between the rows are NaN
// and must not change.
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

// sum_k a(i, k) b(j, k), and a bound of its rounding error.
struct Sum {
  long double value;
  long double tolerance;
};

Sum DotOf(Matrix& a, int64_t i, Matrix& b, int64_t j, int64_t terms) {
  long double sum = 0;
  long double magnitudes = 0;
  for (int64_t k = 0; k < terms; ++k) {
    const long double product = static_cast<long double>(a(i, k)) * b(j, k);
    sum += product;
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
      if (!Near(out(i, j), DotOf(a, i, b, j, m), "MultiplyTransposed")) return false;
    }
  }
  return out.GapsIntact() || Fail("MultiplyTransposed wrote beyond its result");
}

// out = a b in single precision.
bool SingleProductHolds(Random& random, int64_t rows, int64_t columns, int64_t inner) {
  GuardedArray<float> a(rows * inner);
  GuardedArray<float> b(inner * columns);
  GuardedArray<float> out(rows * columns);
  for (float& x : a.values()) x = static_cast<float>(random.Normal());
  for (float& x : b.values()) x = static_cast<float>(random.Normal());
  for (float& x : out.values()) x = std::numeric_limits<float>::quiet_NaN();
  blas::Multiply(a.data(), rows, b.data(), columns, inner, out.data());
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      long double sum = 0;
      long double magnitudes = 0;
      for (int64_t k = 0; k < inner; ++k) {
        const long double product = static_cast<long double>(a[i * inner + k]) * b[k * columns + j];
        sum += product;
        magnitudes += std::abs(product);
      }
      const long double tolerance = static_cast<long double>(inner + 3) * 0x1p-24L * magnitudes;
      if (!Near(static_cast<double>(out[i * columns + j]), {sum, tolerance}, "Multiply")) {
        return false;
      }
    }
  }
  return out.Intact() || Fail("Multiply wrote beyond its result");
}

bool ProductsHold(const TestRun& run) {
  for (int64_t i = 0; i < run.Scaled(200); ++i) {
    const uint64_t seed = run.seed + i;
    Random random(seed);
    const int64_t rows = random.LogInteger(1, 150) - 1;
    const int64_t columns = random.LogInteger(1, 150) - 1;
    const int64_t m = random.LogInteger(1, 150) - 1;
    const bool good =
        ProductHolds(random, rows, columns, m) && SingleProductHolds(random, rows, columns, m);
    if (!good) {
      return Fail(
          seed, std::to_string(rows) + " x " + std::to_string(columns) + " x " + std::to_string(m));
    }
  }
  return true;
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
    if (out == last_right) continue;  // a fast comparison, so that BLAS takes most of the time
    const bool right = std::equal(out.begin(), out.end(), exact.begin(),
                                  [](double x, double y) { return std::abs(x - y) <= 1e-9; });
    if (right) last_right = out;
    wrong += right ? 0 : 1;
  }
  return wrong;
}

// Small products of different numbers in every thread. If callers share a buffer, their results are wrong. Debian's
// serial OpenBLAS, which is built without locks, fails this test on two idle processors.
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

// No thread pool remains, which could block a forked child or oversubscribe the host.
bool NoThreadsAreLeft() {
  double one = 1;
  blas::MultiplyTransposed(&one, 1, &one, 1, 1, &one);
  return WaitForTasks(kOwnTasks) || Fail(std::to_string(CountTasks()) + " tasks in this process");
}

void TestProducts(void** state) { assert_true(ProductsHold(*static_cast<const TestRun*>(*state))); }
void TestManyCallers(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(ManyCallersHold(run.seed, 40, run.Scaled(100'000)));
  assert_true(ManyCallersHold(run.seed, 20, run.Scaled(400'000)));
}
void TestThreads(void**) {
#if defined(RESIDUAL_KNN_PRIVATE_BLAS) || defined(RESIDUAL_KNN_NO_BLAS)
  assert_true(NoThreadsAreLeft());
#else
  print_message("not checked: the system's BLAS may keep threads of its own\n");
  skip();
#endif
}
void TestDescription(void**) {
  print_message("BLAS: %s\n", blas::Description());
#ifdef RESIDUAL_KNN_NO_BLAS
  const std::string_view expected = "none";
#else
  const std::string_view expected = "OpenBLAS";
#endif
  assert_true(std::string_view(blas::Description()).starts_with(expected));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestThreads),
      cmocka_unit_test_prestate(TestProducts, &run),
      cmocka_unit_test_prestate(TestManyCallers, &run),
      cmocka_unit_test(TestThreads),
      cmocka_unit_test(TestDescription),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
