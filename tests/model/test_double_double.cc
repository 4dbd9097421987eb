// Compares double-double arithmetic with quadruple precision.
#include <cmath>
#include <string>

#include "model/double_double.h"
#include "support/float_text.h"
#include "support/quad.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::DoubleDouble;

constexpr double kUnit = 0x1p-102;

Quad Exact(DoubleDouble x) { return static_cast<Quad>(x.high) + x.low; }

DoubleDouble Draw(Random& random) {
  const double high = std::ldexp(random.Normal(), static_cast<int>(random.Integer(-60, 60)));
  const double low = random.Chance(0.1) ? 0 : high * 0x1p-54 * random.Uniform(-1, 1);
  return residual_knn::QuickTwoSum(high, low);
}

bool Near(const char* what, DoubleDouble found, Quad exact, Quad magnitude) {
  // The low part is at most half a unit in the last place of the high part.
  const bool packed = found.high + found.low == found.high;
  return (packed && Abs(Exact(found) - exact) <= kUnit * magnitude) ||
         Fail(std::string(what) + ": " + Text(found.high) + " and " + Text(found.low));
}

void TestOperations(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  for (int64_t i = 0; i < run.Scaled(200'000); ++i) {
    const DoubleDouble a = Draw(random);
    // Also numbers that nearly cancel.
    const DoubleDouble b =
        random.Chance(0.3) ? -a * DoubleDouble(1 + 0x1p-40 * random.Normal()) : Draw(random);
    const Quad x = Exact(a);
    const Quad y = Exact(b);
    // Quadruple precision has 113 bits; a and b may need more.
    const Quad lost = 0x1p-9 * (Abs(x) + Abs(y));
    const bool holds = Near("sum", a + b, x + y, Abs(x + y) + lost) &&
                       Near("difference", a - b, x - y, Abs(x - y) + lost) &&
                       Near("product", a * b, x * y, Abs(x * y)) &&
                       Near("quotient", a / b, x / y, Abs(x / y));
    assert_true(holds || Fail(run.seed, "case " + std::to_string(i)));
    const DoubleDouble sum = residual_knn::TwoSum(a.high, b.low);
    const DoubleDouble product = residual_knn::TwoProduct(a.high, b.high);
    assert_true(Exact(sum) == static_cast<Quad>(a.high) + b.low);
    assert_true(Exact(product) == static_cast<Quad>(a.high) * b.high);
  }
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {cmocka_unit_test_prestate(TestOperations, &run)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
