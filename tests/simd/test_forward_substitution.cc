// Compares the solution of L X = B with long double, and checks that columns are independent.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "simd/for_each_target.h"
#include "simd/forward_substitution.h"
#include "simd/guarded_array.h"
#include "support/float_text.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::ForwardSubstitute;
using residual_knn::kPanelWidth;

constexpr long double kUnit = 0x1p-53L;

enum class Size { kCovarianceLike, kWild };

// A lower factor with NaN above its diagonal. Access beyond its memory is detected.
class LowerFactor {
 public:
  LowerFactor(Random& random, int64_t m, Size size) : m_(m), values_(m * m) {
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < m; ++j) {
        values_[i * m + j] =
            j > i ? std::numeric_limits<double>::quiet_NaN() : Draw(random, i == j, size);
      }
    }
  }
  [[nodiscard]] int64_t m() const { return m_; }
  [[nodiscard]] const double* data() { return values_.data(); }
  [[nodiscard]] double operator()(int64_t i, int64_t j) { return values_[i * m_ + j]; }

 private:
  [[nodiscard]] double Draw(Random& random, bool diagonal, Size size) const {
    if (size == Size::kWild) {
      const double value = random.Normal();
      return diagonal ? std::copysign(0.5 + std::abs(value), value) : value;
    }
    return diagonal ? random.Uniform(0.01, 1)
                    : random.Normal() / std::sqrt(static_cast<double>(m_)) * random.Uniform(0, 0.1);
  }

  int64_t m_;
  GuardedArray<double> values_;
};

// Right-hand sides. The panel ends at a page, and has the required alignment.
struct Panel {
  explicit Panel(int64_t m) : values(m * kPanelWidth) {}
  double& operator()(int64_t row, int64_t column) { return values[row * kPanelWidth + column]; }
  GuardedArray<double> values;
};

std::vector<double> DrawColumn(Random& random, int64_t m) {
  std::vector<double> column(m);
  const int exponent = static_cast<int>(random.Integer(-30, 30));
  for (double& x : column) x = std::ldexp(random.Normal(), exponent);
  return column;
}

// Higham 2002, theorem 8.5: the solution is exact for a factor whose entries differ by at most gamma_m, for any order
// of the sums.
bool Solves(LowerFactor& lower, const std::vector<double>& right, Panel& solution, int64_t column,
            double square) {
  const int64_t m = lower.m();
  const long double gamma = (m + 2) * kUnit / (1 - (m + 2) * kUnit);
  long double sum_of_squares = 0;
  for (int64_t i = 0; i < m; ++i) {
    long double residual = right[i];
    long double magnitudes = 0;
    for (int64_t j = 0; j <= i; ++j) {
      const long double term = static_cast<long double>(lower(i, j)) * solution(j, column);
      residual -= term;
      magnitudes += std::abs(term);
    }
    if (!(std::abs(residual) <= gamma * magnitudes)) {
      return Fail("row " + std::to_string(i) + " of " + std::to_string(m) + " leaves " +
                  Text(static_cast<double>(residual)) + ", allowed " +
                  Text(static_cast<double>(gamma * magnitudes)));
    }
    const long double x = solution(i, column);
    sum_of_squares += x * x;
  }
  return std::abs(square - sum_of_squares) <= gamma * sum_of_squares ||
         Fail("the sum of " + std::to_string(m) + " squares is " + Text(square) + ", not " +
              Text(static_cast<double>(sum_of_squares)));
}

// Solving the rows of `panel` range by range gives the same bits as solving all at once.
bool RangesHold(Random& random, LowerFactor& lower, Panel& expected,
                GuardedArray<double>& expected_squares, Panel& panel) {
  const int64_t m = panel.values.size() / kPanelWidth;
  GuardedArray<double> squares(kPanelWidth);
  for (int64_t begin = 0; begin < m;) {
    const int64_t end = std::min(begin + random.Integer(1, 40), m);
    residual_knn::ForwardSubstituteRows(lower.data(), m, begin, end, panel.values.data(),
                                        squares.data());
    begin = end;
  }
  if (!panel.values.Intact() || !squares.Intact()) return Fail("wrote beyond its results");
  for (int64_t i = 0; i < panel.values.size(); ++i) {
    if (!SameBits(panel.values[i], expected.values[i])) return Fail("other bits in ranges");
  }
  for (int64_t i = 0; m > 0 && i < kPanelWidth; ++i) {
    if (!SameBits(squares[i], expected_squares[i])) return Fail("other squares in ranges");
  }
  return true;
}

bool SolutionHolds(Random& random, int64_t m, Size size) {
  LowerFactor lower(random, m, size);
  Panel panel(m);
  std::vector<std::vector<double>> right;
  for (int64_t column = 0; column < kPanelWidth; ++column) {
    right.push_back(DrawColumn(random, m));
    for (int64_t i = 0; i < m; ++i) panel(i, column) = right[column][i];
  }
  GuardedArray<double> squares(kPanelWidth, random.Integer(0, 7));
  Panel in_ranges(m);
  std::copy(panel.values.values().begin(), panel.values.values().end(), in_ranges.values.data());
  ForwardSubstitute(lower.data(), m, m, panel.values.data(), squares.data());
  if (!panel.values.Intact() || !squares.Intact()) return Fail("wrote beyond its results");
  for (int64_t column = 0; column < kPanelWidth; ++column) {
    if (!Solves(lower, right[column], panel, column, squares[column])) {
      return Fail("column " + std::to_string(column));
    }
  }
  return RangesHold(random, lower, panel, squares, in_ranges);
}

bool AllSolutionsHold(const TestRun& run) {
  std::vector<int64_t> sizes(71);
  std::iota(sizes.begin(), sizes.end(), int64_t{0});
  sizes.push_back(200);
  return OnEveryTarget([&] {
    for (const int64_t m : sizes) {
      for (const Size size : {Size::kCovarianceLike, Size::kWild}) {
        Random random(run.seed + m);
        if (!SolutionHolds(random, m, size)) {
          return Fail(run.seed, "m = " + std::to_string(m));
        }
      }
    }
    return true;
  });
}

// Neighbors that would change a column if they affected it.
double DrawNeighbor(Random& random) {
  const double drawn[] = {0.0,
                          1e300,
                          -1e-300,
                          std::numeric_limits<double>::infinity(),
                          std::numeric_limits<double>::quiet_NaN(),
                          random.Normal()};
  return drawn[random.Integer(0, 5)];
}

bool ColumnsAreIndependent(Random& random, int64_t m) {
  LowerFactor lower(random, m, Size::kWild);
  const std::vector<double> right = DrawColumn(random, m);
  std::vector<double> expected;
  double expected_square = 0;
  for (int64_t column = 0; column < kPanelWidth; ++column) {
    Panel panel(m);
    for (double& value : panel.values.values()) value = DrawNeighbor(random);
    for (int64_t i = 0; i < m; ++i) panel(i, column) = right[i];
    std::vector<double> squares(kPanelWidth);
    ForwardSubstitute(lower.data(), m, m, panel.values.data(), squares.data());
    std::vector<double> found(m);
    for (int64_t i = 0; i < m; ++i) found[i] = panel(i, column);
    if (column == 0) {
      expected = found;
      expected_square = squares[column];
    } else if (!SameBits(found, expected) || !SameBits(squares[column], expected_square)) {
      return Fail("column " + std::to_string(column) + " of m = " + std::to_string(m) +
                  " has other bits than column 0");
    }
  }
  return true;
}

bool AllColumnsAreIndependent(const TestRun& run) {
  return OnEveryTarget([&] {
    for (const int64_t m : {1, 2, 5, 6, 7, 11, 12, 13, 35, 64, 200}) {
      Random random(run.seed + m);
      if (!ColumnsAreIndependent(random, m)) return Fail(run.seed, "columns");
    }
    return true;
  });
}

void TestSolutions(void** state) {
  assert_true(AllSolutionsHold(*static_cast<const TestRun*>(*state)));
}
void TestColumns(void** state) {
  assert_true(AllColumnsAreIndependent(*static_cast<const TestRun*>(*state)));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestSolutions, &run),
      cmocka_unit_test_prestate(TestColumns, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
