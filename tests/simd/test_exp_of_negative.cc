// Compares ExpOfNegative and ExpOfNegative32 with expl: error, range, special values.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "simd/exp_array.h"
#include "simd/for_each_target.h"
#include "support/float_text.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr double kLowest = -708.0;
// Half an ulp from the last rounding. If the result is just above 1/sqrt(2) of a power of 2, another half from the
// reduced argument, the sum before it and the polynomial. An eighth is added as a reserve.
constexpr double kLargestError = 1.125;
constexpr float kLowest32 = -87.0F;
// The documented bound is 2^-22; this value is measured.
constexpr double kLargestError32 = 0x1p-24;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> Exp(std::vector<double> x) {
  const size_t count = x.size();
  x.resize((count + 7) / 8 * 8, 0.0);
  std::vector<double> out(x.size());
  ExpArray(x.data(), static_cast<int64_t>(x.size()), out.data());
  out.resize(count);
  return out;
}

// In units in the last place of a double near `expected`.
double ErrorInUlp(double found, long double expected) {
  const long double ulp = std::ldexp(1.0L, std::max(std::ilogb(expected), -1022) - 52);
  return static_cast<double>(std::abs(static_cast<long double>(found) - expected) / ulp);
}

// Evenly spaced numbers, each binade of small numbers, and numbers near all multiples of ln(2) / 2, where the reduction
// of the argument changes or its result is smallest.
std::vector<double> Arguments(const TestRun& run) {
  Random random(run.seed);
  std::vector<double> x;
  const int64_t dense = run.Scaled(1'000'000);
  for (int64_t i = 0; i < dense; ++i) {
    x.push_back(kLowest * (static_cast<double>(i) + random.Uniform()) / static_cast<double>(dense));
  }
  for (int64_t i = 0; i < run.Scaled(300'000); ++i) {
    x.push_back(-std::ldexp(1 + random.Uniform(), static_cast<int>(random.Integer(-60, 8))));
  }
  for (int half_turns = 0; half_turns <= 2 * 1021; ++half_turns) {
    const double center = -0.5 * std::numbers::ln2 * half_turns;
    double below = center;
    double above = center;
    for (int step = 0; step < 20; ++step) {
      x.push_back(below);
      x.push_back(above);
      below = std::nextafter(below, -kInfinity);
      above = std::nextafter(above, kInfinity);
    }
  }
  std::erase_if(x, [](double value) { return value < kLowest || value > 0; });
  x.push_back(kLowest);
  return x;
}

bool ErrorIsSmall(const TestRun& run) {
  const std::vector<double> x = Arguments(run);
  std::vector<long double> expected(x.size());
  std::transform(x.begin(), x.end(), expected.begin(),
                 [](double value) { return std::exp(static_cast<long double>(value)); });
  return OnEveryTarget([&] {
    const std::vector<double> found = Exp(x);
    double worst = -1;
    double worst_x = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double error = ErrorInUlp(found[i], expected[i]);
      if (!(error <= worst)) {
        worst = error;
        worst_x = x[i];
      }
      if (!(found[i] <= 1)) {
        return Fail(run.seed, "exp(" + Text(x[i]) + ") = " + Text(found[i]) + " is above 1");
      }
    }
    std::printf("largest error of %zu: %.4f ulp at x = %a\n", x.size(), worst, worst_x);
    return worst <= kLargestError || Fail(run.seed, "error beyond " + Text(kLargestError) + " ulp");
  });
}

bool SpecialValuesHold() {
  return OnEveryTarget([] {
    const double tiny = std::numeric_limits<double>::denorm_min();
    for (const double x : {0.0, -0.0, -tiny, -1e-310, -std::numeric_limits<double>::min(), -1e-300,
                           -1e-100, -1e-17, -0x1p-55}) {
      const double found = Exp({x})[0];
      if (!SameBits(found, 1.0)) return Fail("exp(" + Text(x) + ") = " + Text(found));
    }
    if (!(Exp({kLowest})[0] >= std::numeric_limits<double>::min())) {
      return Fail("the smallest exp(x) is not normal");
    }
    for (const double x : {std::nextafter(kLowest, -kInfinity), -708.5, -745.0, -746.0, -1e3, -1e10,
                           -1e100, -1e308, -std::numeric_limits<double>::max(), -kInfinity}) {
      const double found = Exp({x})[0];
      if (!SameBits(found, 0.0)) {
        return Fail("exp(" + Text(x) + ") = " + Text(found));
      }
    }
    return true;
  });
}

// A value's bits must not depend on its lane or on its neighbors.
bool PlacesDoNotMatter(uint64_t seed) {
  Random random(seed);
  std::vector<double> x(64);
  for (double& value : x) value = -std::exp(random.Uniform(-20, 6.5));
  return OnEveryTarget([&] {
    const std::vector<double> together = Exp(x);
    for (size_t i = 0; i < x.size(); ++i) {
      const double alone = Exp({x[i]})[0];
      if (!SameBits(alone, together[i]))
        return Fail(seed, "exp(" + Text(x[i]) + ") has two values");
    }
    return true;
  });
}

std::vector<float> Exp32(std::vector<float> x) {
  const size_t count = x.size();
  x.resize((count + 15) / 16 * 16, 0.0F);
  std::vector<float> out(x.size());
  ExpArray32(x.data(), static_cast<int64_t>(x.size()), out.data());
  out.resize(count);
  return out;
}

// The arguments of double precision that are in range, and every float near a change of the reduction.
std::vector<float> Arguments32(const TestRun& run) {
  std::vector<float> x = {0.0F, -0.0F, -std::numeric_limits<float>::denorm_min(), kLowest32};
  for (const double value : Arguments(run)) {
    x.push_back(static_cast<float>(value * static_cast<double>(kLowest32) / kLowest));
    if (value > static_cast<double>(kLowest32)) x.push_back(static_cast<float>(value));
  }
  return x;
}

bool ErrorIsSmall32(const TestRun& run) {
  const std::vector<float> x = Arguments32(run);
  return OnEveryTarget([&] {
    const std::vector<float> found = Exp32(x);
    double worst = 0;
    double worst_x = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double error =
          std::abs(static_cast<double>(found[i]) - std::exp(static_cast<double>(x[i])));
      if (error <= worst) continue;
      if (!(error < kLargestError32)) {
        return Fail(run.seed, "exp(" + Text(static_cast<double>(x[i])) + ") = " +
                                  Text(static_cast<double>(found[i])) + " in single precision");
      }
      worst = error;
      worst_x = static_cast<double>(x[i]);
    }
    std::printf("largest error of %zu: 2^%.2f at x = %a\n", x.size(), std::log2(worst), worst_x);
    return true;
  });
}

bool SpecialValuesHold32() {
  return OnEveryTarget([] {
    for (const float zero : {0.0F, -0.0F, -std::numeric_limits<float>::denorm_min()}) {
      if (Exp32({zero})[0] != 1) return Fail("exp(0) in single precision is not 1");
    }
    constexpr float kInfinity32 = std::numeric_limits<float>::infinity();
    const float smallest = Exp32({kLowest32})[0];
    if (!(smallest >= std::numeric_limits<float>::min() && smallest <= 2e-38F)) {
      return Fail("the smallest exp(x) in single precision is " +
                  Text(static_cast<double>(smallest)));
    }
    for (const float x : {std::nextafter(kLowest32, -kInfinity32), -88.0F, -104.0F, -1e10F,
                          -std::numeric_limits<float>::max(), -kInfinity32}) {
      const float found = Exp32({x})[0];
      if (!(found == 0 && !std::signbit(found))) {
        return Fail("exp(" + Text(static_cast<double>(x)) +
                    ") = " + Text(static_cast<double>(found)) + " in single precision");
      }
    }
    return true;
  });
}

void TestError32(void** state) {
  assert_true(ErrorIsSmall32(*static_cast<const TestRun*>(*state)));
}
void TestSpecialValues32(void**) { assert_true(SpecialValuesHold32()); }
void TestError(void** state) { assert_true(ErrorIsSmall(*static_cast<const TestRun*>(*state))); }
void TestSpecialValues(void**) { assert_true(SpecialValuesHold()); }
void TestPlaces(void** state) {
  assert_true(PlacesDoNotMatter(static_cast<const TestRun*>(*state)->seed));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestError, &run),  cmocka_unit_test(TestSpecialValues),
      cmocka_unit_test_prestate(TestPlaces, &run), cmocka_unit_test_prestate(TestError32, &run),
      cmocka_unit_test(TestSpecialValues32),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
