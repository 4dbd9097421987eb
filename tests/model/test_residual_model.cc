// What a model says of its V: the largest norm, over rows whose norms differ by decades and whatever their order, and
// 1 / sqrt(p), in quadruple precision.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "support/engine_model.h"
#include "support/given_residuals.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::ResidualModel;

constexpr int64_t kUsualModels = 100;

struct Rows {
  std::vector<double> factor;
  std::vector<double> p;
  int64_t m = 0;

  [[nodiscard]] int64_t n() const { return static_cast<int64_t>(p.size()); }
  [[nodiscard]] Quad Square(int64_t i) const {
    Quad square = 0;
    for (int64_t e = 0; e < m; ++e)
      square += static_cast<Quad>(factor[i * m + e]) * factor[i * m + e];
    return square;
  }
};

// Norms from 1e-6 to 1e6, p from far below to far above them.
Rows DrawRows(Random& random) {
  Rows rows;
  rows.m = random.Integer(1, 40);
  const int64_t n = random.Integer(1, 60);
  for (int64_t i = 0; i < n; ++i) {
    const double size = std::pow(10, random.Uniform(-6, 6));
    for (int64_t e = 0; e < rows.m; ++e) rows.factor.push_back(size * random.Normal());
    rows.p.push_back(static_cast<double>(rows.Square(i)) * std::pow(10, random.Uniform(-18, 2)));
  }
  return rows;
}

bool RowsHold(uint64_t seed) {
  Random random(seed);
  const Rows rows = DrawRows(random);
  residual_knn::Monitor monitor;
  const ResidualModel model(residual_knn::CovarianceCallback{},
                            {{rows.factor.data(), rows.n(), rows.m}, rows.p, 1e-12}, 1, monitor);
  Quad largest = 0;
  for (int64_t i = 0; i < rows.n(); ++i) {
    const Quad square = rows.Square(i);
    const double s = model.inverse_deviation()[i];
    // The level below which p is rounding, give or take a hundredth.
    const Quad level = static_cast<Quad>(rows.m + 8) * 0x1p-50 * (rows.p[i] + square);
    if (s == 0 && rows.p[i] > level * 1.01) return Fail(seed, "a row is degenerate for nothing");
    if (s > 0 && rows.p[i] < level * 0.99) return Fail(seed, "a row is not degenerate");
    if (s == 0) continue;
    largest = std::max(largest, square);
    if (Abs(static_cast<Quad>(s) * s * rows.p[i] - 1) > 0x1p-50) return Fail(seed, "1 / sqrt(p)");
  }
  const Quad share = largest == 0 ? 1 : static_cast<Quad>(model.largest_norm()) / Sqrt(largest);
  // ProductError pays for the rounding of norms.
  const double rounding = static_cast<double>(rows.m + 8) * 0x1p-53;
  return Abs(share - 1) <= rounding ||
         Fail(seed, "the largest norm is " + std::to_string(static_cast<double>(share)) +
                        " of what it should be");
}

void TestNorms(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  for (int64_t i = 0; i < run.Scaled(kUsualModels); ++i) {
    assert_true(RowsHold(run.seed + static_cast<uint64_t>(i)));
  }
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {cmocka_unit_test_prestate(TestNorms, &run)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
