// Compares the table of the Matern correlation with Boost.Math in long double and with closed forms, in scalar code and
// on every SIMD target of this machine with every number of lanes.
#include <boost/math/special_functions/bessel.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "model/matern_table.h"
#include "simd/for_each_target.h"
#include "simd/matern_table_view.h"
#include "simd/target.h"
#include "support/float_text.h"
#include "support/random_data.h"
#include "support/test_run.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "test_matern_table.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "simd/dispatch.h"
#include "simd/matern_table-inl.h"

HWY_BEFORE_NAMESPACE();
namespace residual_knn {
namespace HWY_NAMESPACE {
namespace {

template <class D>
void EvaluateWith(D d, const MaternTableView& table, const double* r2, int64_t n, double* out) {
  const auto lanes = static_cast<int64_t>(hwy::HWY_NAMESPACE::Lanes(d));
  for (int64_t i = 0; i + lanes <= n; i += lanes) {
    const auto x = hwy::HWY_NAMESPACE::LoadU(d, r2 + i);
    hwy::HWY_NAMESPACE::StoreU(MaternFromTable(d, table, x), d, out + i);
  }
}

// n must be a multiple of 8; num_lanes is the largest number of lanes to use.
void Evaluate(const MaternTableView& table, int num_lanes, const double* r2, int64_t n,
              double* out) {
  using hwy::HWY_NAMESPACE::CappedTag;
  if (num_lanes == 1) EvaluateWith(CappedTag<double, 1>(), table, r2, n, out);
  if (num_lanes == 2) EvaluateWith(CappedTag<double, 2>(), table, r2, n, out);
  if (num_lanes == 4) EvaluateWith(CappedTag<double, 4>(), table, r2, n, out);
  if (num_lanes == 8) EvaluateWith(CappedTag<double, 8>(), table, r2, n, out);
}

int64_t CompiledTarget() { return HWY_TARGET; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace residual_knn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "support/cmocka_in_cxx.h"

namespace residual_knn {
namespace {

using residual_knn_test::Fail;
using residual_knn_test::OnEveryTarget;
using residual_knn_test::Random;
using residual_knn_test::TestRun;
using residual_knn_test::Text;

HWY_EXPORT(Evaluate);
HWY_EXPORT(CompiledTarget);

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kSmallest = std::numeric_limits<double>::denorm_min();

// The bounds documented in model/matern_table.h.
constexpr long double kAbsoluteBound = 2.3e-16L;
constexpr long double kRelativeBound = 3e-14L;

// Integers and half-integers, where other formulas for K fail, numbers near them, and both ends.
constexpr double kSmoothnesses[] = {1e-10,
                                    0.001,
                                    0.01,
                                    0.1,
                                    0.25,
                                    0.3,
                                    0.4999999999,
                                    0.5,
                                    0.77,
                                    0.999999,
                                    1,
                                    1.000001,
                                    1.5,
                                    1.5 + 1e-12,
                                    1.75,
                                    1.9999999,
                                    2,
                                    2.5,
                                    2.5 - 1e-7,
                                    3,
                                    3.5,
                                    3.7,
                                    4 + 1e-14,
                                    7.5,
                                    12.5 + 1e-10,
                                    20,
                                    25.001,
                                    33.3,
                                    42.4242424242,
                                    49.5,
                                    50};

long double ExactCorrelation(double nu, double r2) {
  if (r2 == 0) return 1;
  using boost::math::policies::ignore_error;
  using boost::math::policies::overflow_error;
  using Quiet = boost::math::policies::policy<overflow_error<ignore_error>>;
  const long double half = std::sqrt(static_cast<long double>(nu) * r2 / 2);
  const auto order = static_cast<long double>(nu);
  return 2 / boost::math::tgamma(order, Quiet()) * std::pow(half, order) *
         boost::math::cyl_bessel_k(order, 2 * half, Quiet());
}

// Squared distances over all octaves of the table and a few beyond. Most have a correlation that is neither 0 nor 1,
// and some are next to the ends of octaves. The length is a multiple of 8.
std::vector<double> SquaredDistances(const TestRun& run, const MaternTableView& table) {
  Random random(run.seed);
  const double low = std::log2(table.lowest) - MaternTableView::kScaleExponent - 3;
  const double high = std::log2(table.highest) + 3;
  std::vector<double> r2;
  for (int64_t i = 0; i < run.Scaled(8000); ++i) {
    r2.push_back(std::exp2(random.Uniform(low, high)));
    r2.push_back(std::exp2(random.Uniform(-12, high)));
  }
  for (double power = std::floor(low); power <= high; ++power) {
    const double end = std::exp2(power);
    r2.push_back(end);
    r2.push_back(std::nextafter(end, 0));
    r2.push_back(std::nextafter(end, kInfinity));
    r2.push_back(end * (1.5 - 0x1p-52));
  }
  while (r2.size() % 8 != 0) r2.push_back(1.0);
  return r2;
}

bool Near(const char* who, double nu, double r2, double found, long double exact) {
  const long double error = std::abs(found - exact);
  return (error <= kAbsoluteBound && (exact < 1e-299L || error <= kRelativeBound * exact) &&
          found >= 0 && found <= 1) ||
         Fail(std::string(who) + ": nu " + Text(nu) + ", r2 " + Text(r2) + ": found " +
              Text(found) + ", expected " + Text(static_cast<double>(exact)));
}

bool BoostAgrees(const TestRun& run) {
  for (const double nu : kSmoothnesses) {
    const MaternTable table(nu);
    const std::vector<double> distances = SquaredDistances(run, table.view());
    size_t compared = 0;
    for (const double r2 : distances) {
      const long double exact = ExactCorrelation(nu, r2);
      if (!std::isfinite(exact)) continue;  // K_nu(a) is beyond long double
      ++compared;
      if (!Near("Boost", nu, r2, table(r2), exact)) return false;
    }
    if (2 * compared < distances.size()) {
      return Fail("nu " + Text(nu) + ": only " + std::to_string(compared) +
                  " values could be compared");
    }
  }
  return true;
}

void TestBoost(void** state) { assert_true(BoostAgrees(*static_cast<const TestRun*>(*state))); }

bool ClosedFormsAgree(const TestRun& run) {
  for (const double nu : {0.5, 1.5, 2.5}) {
    const MaternTable table(nu);
    for (const double r2 : SquaredDistances(run, table.view())) {
      const long double a = std::sqrt(2 * static_cast<long double>(nu) * r2);
      long double polynomial = 1;
      if (nu > 1) polynomial += a;
      if (nu > 2) polynomial += a * a / 3;
      if (!Near("closed form", nu, r2, table(r2), polynomial * std::exp(-a))) return false;
    }
  }
  return true;
}

void TestClosedForms(void** state) {
  assert_true(ClosedFormsAgree(*static_cast<const TestRun*>(*state)));
}

// Near 0 the correlation is 1 - c r2^nu. With a small nu it is below 1 even at the smallest positive numbers.
bool SmallestDistancesHold() {
  for (const double nu : {1e-10, 0.001, 0.01, 0.02}) {
    const MaternTable table(nu);
    for (double r2 = kSmallest; r2 < 1e-290; r2 *= 1.7 + 1 / (r2 / kSmallest)) {
      if (!Near("subnormal", nu, r2, table(r2), ExactCorrelation(nu, r2))) return false;
      if (!(table(r2) < 1)) return Fail("nu " + Text(nu) + ", r2 " + Text(r2) + ": not below 1");
    }
  }
  return true;
}

void TestSmallestDistances(void** /*state*/) { assert_true(SmallestDistancesHold()); }

bool EndsHold() {
  for (const double nu : {kSmallest, 1e-300, 1e-10, 0.01, 0.5, 1.0, 7.5, 50.0}) {
    const MaternTable table(nu);
    const double largest = std::numeric_limits<double>::max();
    if (table(0.0) != 1 || table(-0.0) != 1 || table(kInfinity) != 0 || table(largest) != 0) {
      return Fail("nu " + Text(nu) + ": K(0) = " + Text(table(0.0)) + ", K(Inf) = " +
                  Text(table(kInfinity)) + ", K(" + Text(largest) + ") = " + Text(table(largest)));
    }
    if (table.bytes() > 2 << 20) {
      return Fail("nu " + Text(nu) + ": the table takes " + std::to_string(table.bytes()) +
                  " bytes");
    }
  }
  return true;
}

void TestEnds(void** /*state*/) { assert_true(EndsHold()); }

bool VectorsAgree(const TestRun& run) {
  // The dispatch of this file, in addition to that of the library.
  const char* const used =
      hwy::TargetName(residual_knn::Chosen(HWY_DISPATCH_TABLE(CompiledTarget))());
  if (std::string(used) != residual_knn::SimdTargetName()) {
    return Fail(std::string("the test was run for ") + used);
  }
  for (const double nu : {0.01, 0.77, 1.0, 3.7, 50.0}) {
    const MaternTable table(nu);
    std::vector<double> r2 = SquaredDistances(run, table.view());
    const double special[] = {0, -0.0, kSmallest, 1e-310, kInfinity, 1e300, 1, 2};
    r2.insert(r2.end(), std::begin(special), std::end(special));
    for (const int lanes : {1, 2, 4, 8}) {
      std::vector<double> out(r2.size(), -1);
      residual_knn::Chosen(HWY_DISPATCH_TABLE(Evaluate))(
          table.view(), lanes, r2.data(), static_cast<int64_t>(r2.size()), out.data());
      for (size_t i = 0; i < r2.size(); ++i) {
        if (!Near(used, nu, r2[i], out[i], table(r2[i]))) return false;
      }
    }
  }
  return true;
}

// The scalar function is the reference here. TestBoost compares it with Boost.
void TestTargets(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(OnEveryTarget([&] { return VectorsAgree(run); }));
}

}  // namespace
}  // namespace residual_knn

int main(int argc, char** argv) {
  using namespace residual_knn;
  TestRun run = residual_knn_test::ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestBoost, &run),
      cmocka_unit_test_prestate(TestClosedForms, &run),
      cmocka_unit_test(TestSmallestDistances),
      cmocka_unit_test(TestEnds),
      cmocka_unit_test_prestate(TestTargets, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
#endif  // HWY_ONCE
