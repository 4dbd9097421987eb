// Compares the rotation of rows with its definition in long double: every length up to 300 and beyond powers of two,
// spikes, and magnitudes near the limits of V. Margins rely on its documented error.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "scan/hadamard_rotation.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::kRotationError;
using residual_knn::RotateByHadamard;

constexpr int64_t kMostColumns = 300;

using Row = std::vector<double>;
using ExactRow = std::vector<long double>;

// Normalized Hadamard transform of entries [first, first + size) by its matrix: (-1)^(number of common bits).
void TransformExactly(ExactRow& v, size_t first, size_t size) {
  const ExactRow from(v.begin() + static_cast<std::ptrdiff_t>(first),
                      v.begin() + static_cast<std::ptrdiff_t>(first + size));
  const long double scale = 1 / std::sqrt(static_cast<long double>(size));
  for (size_t i = 0; i < size; ++i) {
    long double sum = 0;
    for (size_t e = 0; e < size; ++e) sum += std::popcount(i & e) % 2 == 0 ? from[e] : -from[e];
    v[first + i] = sum * scale;
  }
}

ExactRow RotatedExactly(const Row& v) {
  ExactRow rotated(v.begin(), v.end());
  const size_t size = std::bit_floor(v.size());
  TransformExactly(rotated, 0, size);
  if (size == v.size()) return rotated;
  for (size_t e = 0; e < v.size(); ++e) {
    rotated[e] *= static_cast<long double>(residual_knn::RotationSign(static_cast<int64_t>(e)));
  }
  TransformExactly(rotated, v.size() - size, size);
  return rotated;
}

template <class A, class B>
long double Product(const A& a, const B& b) {
  long double sum = 0;
  for (size_t e = 0; e < a.size(); ++e) {
    sum += static_cast<long double>(a[e]) * static_cast<long double>(b[e]);
  }
  return sum;
}

template <class A>
long double Norm(const A& a) {
  return std::sqrt(Product(a, a));
}

// Equal entries, entries of all magnitudes, a spike, or zeros; as large or as small as V may be.
Row DrawRow(Random& random, int64_t m) {
  Row v(static_cast<size_t>(m));
  const int64_t kind = random.Integer(0, 4);
  const double scale = std::pow(10, random.Chance(0.4) ? 0 : random.Uniform(-140, 70));
  for (double& x : v) {
    x = kind == 0 ? random.Normal() : kind == 1 ? std::exp(random.Uniform(-40, 0)) : 0.0;
    if (kind == 2) x = 1;
    x *= scale;
  }
  if (kind == 3) v[static_cast<size_t>(random.Integer(0, m - 1))] = scale;
  return v;
}

// Largest errors in units of the documented error.
struct Tally {
  double row = 0;
  double product = 0;
};

bool RowHolds(const Row& v, const Row& rotated, Tally& tally) {
  const ExactRow expected = RotatedExactly(v);
  ExactRow difference(expected);
  for (size_t e = 0; e < v.size(); ++e) difference[e] -= static_cast<long double>(rotated[e]);
  const long double norm = Norm(v);
  if (norm == 0) return Norm(rotated) == 0 || Fail("a row of zeros became something else");
  const auto share = static_cast<double>(Norm(difference) / (norm * kRotationError));
  tally.row = std::max(tally.row, share);
  return (share <= 1 && std::abs(Norm(rotated) - norm) <= norm * kRotationError) ||
         Fail("a row is off by " + std::to_string(share) + " of what is allowed");
}

bool LengthHolds(uint64_t seed, int64_t m, Tally& tally) {
  Random random(seed);
  const Row a = DrawRow(random, m);
  const Row b = DrawRow(random, m);
  Row rotated_a(a);
  Row rotated_b(b);
  RotateByHadamard(rotated_a.data(), m);
  RotateByHadamard(rotated_b.data(), m);
  if (!RowHolds(a, rotated_a, tally) || !RowHolds(b, rotated_b, tally)) {
    return Fail(seed, "m = " + std::to_string(m));
  }
  const long double norms = Norm(a) * Norm(b);
  if (norms == 0) return true;
  // Each row is off by kRotationError of its norm.
  const auto share = static_cast<double>(std::abs(Product(a, b) - Product(rotated_a, rotated_b)) /
                                         (norms * 2 * kRotationError));
  tally.product = std::max(tally.product, share);
  return share <= 1 + kRotationError ||
         Fail(seed, "m = " + std::to_string(m) + ": a product is off by " + std::to_string(share) +
                        " of what is allowed");
}

void TestLengths(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Tally tally;
  for (int64_t m = 1; m <= kMostColumns; ++m) {
    for (int64_t i = 0; i < run.Scaled(4); ++i) {
      assert_true(LengthHolds(run.seed + static_cast<uint64_t>(4 * m + i), m, tally));
    }
  }
  for (const int64_t m : {1023, 1024, 1500, 2049}) {
    assert_true(LengthHolds(run.seed + static_cast<uint64_t>(4 * m), m, tally));
  }
  std::printf("largest errors: %.3f of that of a row, %.3f of that of a product\n", tally.row,
              tally.product);
}

// The purpose of the rotation: a spike is spread evenly over all entries.
void TestSpikesAreSpread(void** /*state*/) {
  for (int64_t m = 1; m <= 512; m *= 2) {
    for (int64_t at = 0; at < m; ++at) {
      Row v(static_cast<size_t>(m), 0.0);
      v[static_cast<size_t>(at)] = -3;
      RotateByHadamard(v.data(), m);
      const double share = 3 / std::sqrt(static_cast<double>(m));
      for (const double x : v) assert_true(std::abs(std::abs(x) - share) <= 1e-14);
    }
  }
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestLengths, &run),
      cmocka_unit_test(TestSpikesAreSpread),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
