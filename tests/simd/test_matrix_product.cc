// Compares the products of builds without BLAS with naive loops, on every SIMD target.
#include "simd/matrix_product.h"

#include <cmath>
#include <deque>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "simd/for_each_target.h"
#include "simd/guarded_array.h"
#include "support/float_text.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::Product;
using residual_knn::ProductTransposed;

// Two factors and their product by loops, with a bound of the rounding error of any order of the sums. `right` is
// columns x terms if transposed, terms x columns otherwise.
template <class T>
struct Case {
  Case(Random& random, int64_t num_rows, int64_t num_columns, int64_t num_terms, bool is_transposed)
      : rows(num_rows),
        columns(num_columns),
        terms(num_terms),
        transposed(is_transposed),
        left(rows * terms),
        right(terms * columns) {
    for (T& x : left.values()) x = static_cast<T>(random.Normal());
    for (T& x : right.values()) x = static_cast<T>(random.Normal());
    constexpr long double kUnit = std::is_same_v<T, float> ? 0x1p-24L : 0x1p-53L;
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < columns; ++j) {
        long double sum = 0;
        long double magnitudes = 0;
        for (int64_t k = 0; k < terms; ++k) {
          const T other = transposed ? right[j * terms + k] : right[k * columns + j];
          const long double product = static_cast<long double>(left[i * terms + k]) * other;
          sum += product;
          magnitudes += std::abs(product);
        }
        expected.push_back(sum);
        tolerance.push_back(static_cast<long double>(terms + 3) * kUnit * magnitudes);
      }
    }
  }

  [[nodiscard]] std::string Name() const {
    return std::to_string(rows) + " x " + std::to_string(columns) + " x " + std::to_string(terms) +
           (transposed ? ", transposed" : "") +
           (std::is_same_v<T, float> ? ", single" : ", double");
  }

  [[nodiscard]] bool Holds() {
    GuardedArray<T> out(rows * columns);
    for (T& x : out.values()) x = std::numeric_limits<T>::quiet_NaN();
    if (transposed) {
      ProductTransposed(left.data(), rows, right.data(), columns, terms, out.data());
    } else if constexpr (std::is_same_v<T, float>) {
      Product(left.data(), rows, right.data(), columns, terms, out.data());
    }
    for (int64_t i = 0; i < rows * columns; ++i) {
      if (!(std::abs(out[i] - expected[i]) <= tolerance[i])) {
        return Fail(Name() + ": " + Text(static_cast<double>(out[i])) + " instead of " +
                    Text(static_cast<double>(expected[i])));
      }
    }
    return out.Intact() || Fail(Name() + ": wrote beyond the product");
  }

  int64_t rows;
  int64_t columns;
  int64_t terms;
  bool transposed;
  GuardedArray<T> left;
  GuardedArray<T> right;
  std::vector<long double> expected;
  std::vector<long double> tolerance;
};

void TestProducts(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  std::deque<Case<double>> doubles;
  std::deque<Case<float>> floats;
  for (int64_t i = 0; i < run.Scaled(120); ++i) {
    // Also no rows, columns or terms, and more terms than a panel holds.
    const int64_t rows = random.LogInteger(1, 60) - 1;
    const int64_t columns = random.LogInteger(1, 90) - 1;
    const int64_t terms = random.LogInteger(1, 700) - 1;
    doubles.emplace_back(random, rows, columns, terms, true);
    floats.emplace_back(random, rows, columns, terms, true);
    floats.emplace_back(random, rows, columns, terms, false);
  }
  assert_true(OnEveryTarget([&] {
    for (Case<double>& one : doubles) {
      if (!one.Holds()) return Fail(run.seed, "double precision");
    }
    for (Case<float>& one : floats) {
      if (!one.Holds()) return Fail(run.seed, "single precision");
    }
    return true;
  }));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {cmocka_unit_test_prestate(TestProducts, &run)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
