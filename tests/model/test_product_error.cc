// The errors of products as theorems, on sums that round in one direction at nearly every step: they use up nearly all that
// is granted, in double and in single precision.
#include "model/product_error.h"

#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "support/quad.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

// |V|^2 of V = (1, s, s, ...), summed from the first term on. s^2 is a little more than half the spacing of numbers from 1
// on, so that each step rounds up by nearly half a spacing. Returns its error in terms of |V|^2.
template <class Value>
double LargestError(int64_t m) {
  const Value least =
      std::sqrt(std::numeric_limits<Value>::epsilon() / 2 * static_cast<Value>(1.01));
  Value sum = 1;
  Quad exact = 1;
  for (int64_t e = 1; e < m; ++e) {
    sum += least * least;
    exact += static_cast<Quad>(least) * least;
  }
  return static_cast<double>((sum - exact) / exact);
}

bool IsGranted(const char* precision, int64_t m, double error, double granted) {
  const double share = error / granted;
  if (m >= 1000) {
    std::printf("%s, %lld terms: %.3f of the error that is granted\n", precision,
                static_cast<long long>(m), share);
  }
  return (share <= 1 && (m < 1000 || share > 0.9)) ||
         Fail(std::string(precision) + ", " + std::to_string(m) + " terms: the error is " +
              std::to_string(share) + " of what is granted");
}

void TestProducts(void** /*state*/) {
  for (const int64_t m : {2, 10, 100, 1000, 10000}) {
    const double granted = residual_knn::ProductError(m);
    assert_true(IsGranted("double", m, LargestError<double>(m), granted));
    assert_true(
        IsGranted("single", m, LargestError<float>(m), residual_knn::SingleProductError(m)));
    // Of the screen and of the canonical score.
    assert_true(residual_knn::ScreenError(m, 3, 0.5) >= 2 * granted * 3 * 0.5);
  }
}

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
  const CMUnitTest tests[] = {cmocka_unit_test(TestProducts)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
