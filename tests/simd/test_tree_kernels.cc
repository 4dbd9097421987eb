// Compares the kernels of the tree with scalar code, on every target.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "simd/dot.h"
#include "simd/for_each_target.h"
#include "simd/guarded_array.h"
#include "simd/pivot_bounds.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualCases = 100;

bool FloatProductsHold(Random& random) {
  const int64_t m = random.Integer(0, 90);
  // Here and below no array has more room than the header asks for.
  GuardedArray<float> a(m);
  GuardedArray<float> rows(7 * m);
  for (float& x : a.values()) x = static_cast<float>(random.Normal());
  for (float& x : rows.values()) x = static_cast<float>(random.Normal());
  const std::vector<int64_t> candidates = RandomRowNumbers(random, 7, random.Integer(0, 20));
  GuardedArray<float> out(std::ssize(candidates));
  residual_knn::DotRows(a.data(), rows.data(), m, candidates.data(), out.size(), out.data());
  if (!out.Intact()) return Fail("guards of products");
  for (int64_t c = 0; c < out.size(); ++c) {
    double sum = 0;
    double magnitudes = 0;
    for (int64_t e = 0; e < m; ++e) {
      const double product =
          static_cast<double>(a[e]) * static_cast<double>(rows[candidates[c] * m + e]);
      sum += product;
      magnitudes += std::abs(product);
    }
    if (!(std::abs(static_cast<double>(out[c]) - sum) <=
          static_cast<double>(m + 1) * 0x1p-24 * magnitudes)) {
      return Fail("a product in single precision");
    }
  }
  return true;
}

bool BoundsHold(Random& random) {
  const int64_t count = 8 * random.Integer(1, 6);
  GuardedArray<double> squares(count);
  GuardedArray<double> totals(count);
  GuardedArray<double> out(count);
  for (double& x : squares.values()) x = random.Uniform(0, 1.2);
  for (double& x : totals.values()) x = random.Uniform(1, 1.1);
  const double e = random.Chance(0.2) ? 0 : random.Uniform(0, 0.5);
  const double b = random.Uniform(1, 1.1);
  residual_knn::BlockBounds(squares.data(), totals.data(), count, e, b, out.data());
  if (!out.Intact()) return Fail("guards of bounds");
  for (int64_t q = 0; q < count; ++q) {
    const double z2 = std::min(squares[q], totals[q]);
    const double rest2 = totals[q] - z2;
    const double expected =
        e * totals[q] < b * rest2 ? std::sqrt(z2 * (b - e)) + std::sqrt(rest2 * e) : 2;
    if (!(std::abs(out[q] - expected) <= 1e-14)) return Fail("a bound of a block");
  }
  return true;
}

bool OpenPointsHold(Random& random) {
  const int64_t rank = random.Integer(0, 20);
  const int64_t count = random.Integer(0, 150);
  const int64_t stride = count + random.Integer(0, 20);
  GuardedArray<float> z(rank);
  GuardedArray<float> w(rank == 0 ? 0 : (rank - 1) * stride + count + 15);
  GuardedArray<float> root(count + 15);
  for (float& x : z.values()) x = static_cast<float>(random.Normal() / 5);
  for (float& x : w.values()) x = static_cast<float>(random.Normal() / 5);
  for (float& x : root.values()) x = static_cast<float>(random.Uniform());
  const auto rest = static_cast<float>(random.Uniform());
  const auto threshold = static_cast<float>(random.Uniform(0, 1.5));
  GuardedArray<int32_t> out(count + 16);
  const int64_t found = residual_knn::OpenPoints({w.data(), root.data(), rank, stride, count},
                                                 {z.data(), rest, threshold}, out.data());
  if (!z.Intact() || !w.Intact() || !root.Intact() || !out.Intact()) return Fail("guards");
  std::vector<bool> open(static_cast<size_t>(count));
  for (int64_t i = 0; i < found; ++i) {
    if (out[i] < 0 || out[i] >= count || open[out[i]]) return Fail("an open point is none");
    open[out[i]] = true;
  }
  for (int64_t j = 0; j < count; ++j) {
    double sum = 0;
    for (int64_t a = 0; a < rank; ++a) {
      sum += static_cast<double>(z[a]) * static_cast<double>(w[a * stride + j]);
    }
    const double bound = std::abs(sum) + static_cast<double>(rest) * static_cast<double>(root[j]);
    const double gap = bound - static_cast<double>(threshold);
    if (std::abs(gap) > 1e-5 && open[j] != (gap > 0)) return Fail("a point is open or is not");
  }
  return true;
}

bool SquaresHold(Random& random) {
  const int64_t rows = random.Integer(0, 30);
  const int64_t count = 8 * random.Integer(1, 6);
  const int64_t stride = count + 8 * random.Integer(0, 2);
  GuardedArray<float> values(rows == 0 ? 0 : (rows - 1) * stride + count);
  for (float& x : values.values()) x = static_cast<float>(random.Normal());
  GuardedArray<double> out(count);
  residual_knn::ColumnSquares(values.data(), rows, stride, count, out.data());
  if (!out.Intact()) return Fail("guards of squares");
  for (int64_t q = 0; q < count; ++q) {
    double sum = 0;
    for (int64_t a = 0; a < rows; ++a) {
      const auto x = static_cast<double>(values[a * stride + q]);
      sum += x * x;
    }
    if (!(std::abs(out[q] - sum) <= 1e-5 * sum)) return Fail("a sum of squares");
  }
  return true;
}

void TestKernels(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(OnEveryTarget([&] {
    for (int64_t i = 0; i < run.Scaled(kUsualCases); ++i) {
      const uint64_t seed = run.seed + static_cast<uint64_t>(i);
      Random random(seed);
      if (!FloatProductsHold(random) || !BoundsHold(random) || !OpenPointsHold(random) ||
          !SquaresHold(random)) {
        return Fail(seed, "case " + std::to_string(i));
      }
    }
    return true;
  }));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {cmocka_unit_test_prestate(TestKernels, &run)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
