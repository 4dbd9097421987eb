// Compares the canonical product with quadruple precision, and its bits for rows at any place.
#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>
#include <string>
#include <vector>

#include "simd/dot.h"
#include "simd/for_each_target.h"
#include "simd/guarded_array.h"
#include "support/float_text.h"
#include "support/quad.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::DotRows;
using residual_knn::DotRowsWithEach;
using residual_knn::DotTriangle;

constexpr int64_t kMostTerms = 600;
constexpr int64_t kRows = 3;

// Numbers of all sizes and signs, so that sums cancel.
double DrawNumber(Random& random) {
  return std::ldexp(random.Normal(), static_cast<int>(random.Integer(-15, 15)));
}

// A row, other rows to multiply it with, and the right results.
struct Products {
  Products(Random& random, int64_t terms)
      : m(terms), a(terms), rows(kRows * terms), expected(kRows), tolerance(kRows) {
    for (double& x : a.values()) x = DrawNumber(random);
    for (double& x : rows.values()) x = DrawNumber(random);
    // A sum in any order, with or without fused operations (Higham 2002, 3.1).
    const Quad unit = 0x1p-53;
    const Quad gamma = static_cast<double>(m) * unit / (1 - static_cast<double>(m) * unit);
    for (int64_t row = 0; row < kRows; ++row) {
      Quad sum = 0;
      Quad magnitudes = 0;
      for (int64_t i = 0; i < m; ++i) {
        const Quad product = static_cast<Quad>(a[i]) * rows[row * m + i];
        sum += product;
        magnitudes += product < 0 ? -product : product;
      }
      expected[row] = sum;
      tolerance[row] = gamma * magnitudes;
    }
  }

  int64_t m;
  GuardedArray<double> a;
  GuardedArray<double> rows;
  std::vector<Quad> expected;
  std::vector<Quad> tolerance;
};

bool IsAccurate(Products& products) {
  const std::vector<int64_t> candidates = {2, 0, 1, 2};
  GuardedArray<double> out(4);
  DotRows(products.a.data(), products.rows.data(), products.m, candidates.data(), 4, out.data());
  for (size_t c = 0; c < candidates.size(); ++c) {
    const Quad difference = products.expected[candidates[c]] - out[c];
    const Quad error = difference < 0 ? -difference : difference;
    if (!(error <= products.tolerance[candidates[c]])) {
      return Fail("a product of " + std::to_string(products.m) + " terms is off by " +
                  Text(static_cast<double>(error)) + ", allowed " +
                  Text(static_cast<double>(products.tolerance[candidates[c]])));
    }
  }
  return out.Intact() || Fail("wrote beyond the results");
}

// The same two rows in either order, at other places in memory and among other rows.
bool BitsDependOnRowsOnly(Products& products, Random& random) {
  const int64_t m = products.m;
  const int64_t zero = 0;
  double expected = 0;
  DotRows(products.a.data(), products.rows.data(), m, &zero, 1, &expected);
  double swapped = 0;
  DotRows(products.rows.data(), products.a.data(), m, &zero, 1, &swapped);
  if (!SameBits(expected, swapped)) return Fail("a product depends on the order of its factors");
  constexpr int64_t kPlaces = 9;
  const int64_t shift = random.Integer(1, 7);
  GuardedArray<double> a(m, shift);
  std::copy_n(products.a.data(), m, a.data());
  GuardedArray<double> rows(kPlaces * m, random.Integer(0, 7));
  std::vector<int64_t> candidates;
  for (int64_t place = 0; place < kPlaces; ++place) {
    std::copy_n(products.rows.data(), m, rows.data() + place * m);
    candidates.push_back(kPlaces - 1 - place);
  }
  std::vector<double> out(kPlaces);
  DotRows(a.data(), rows.data(), m, candidates.data(), kPlaces, out.data());
  for (const double value : out) {
    if (!SameBits(value, expected)) {
      return Fail("a product of " + std::to_string(m) +
                  " terms depends on its place: " + Text(value) + ", " + Text(expected));
    }
  }
  return true;
}

bool EveryLengthHolds(const TestRun& run) {
  // Runs with sanitizers omit lengths, but none with few vectors.
  const int64_t step = run.size < 1 ? 7 : 1;
  std::deque<Products> all;
  Random random(run.seed);
  for (int64_t m = 0; m <= kMostTerms; m += m < 80 ? 1 : step) all.emplace_back(random, m);
  return OnEveryTarget([&] {
    for (Products& products : all) {
      if (!IsAccurate(products) || !BitsDependOnRowsOnly(products, random)) {
        return Fail(run.seed, std::to_string(products.m) + " terms");
      }
    }
    return true;
  });
}

bool EveryCountHolds(const TestRun& run) {
  Random random(run.seed);
  Products products(random, 53);
  return OnEveryTarget([&] {
    double expected[kRows];
    for (int64_t row = 0; row < kRows; ++row) {
      DotRows(products.a.data(), products.rows.data(), products.m, &row, 1, &expected[row]);
    }
    for (int64_t count = 0; count <= 40; ++count) {
      const std::vector<int64_t> candidates = RandomRowNumbers(random, kRows, count);
      GuardedArray<double> out(count, random.Integer(0, 7));
      DotRows(products.a.data(), products.rows.data(), products.m, candidates.data(), count,
              out.data());
      bool same = out.Intact();
      for (int64_t c = 0; c < count; ++c) same = same && SameBits(out[c], expected[candidates[c]]);
      if (!same) return Fail(run.seed, std::to_string(count) + " candidates");
    }
    return true;
  });
}

// Any numbers of rows on both sides: each product is accurate, and has the bits that its two rows have alone, in either
// order.
bool EachHolds(const TestRun& run) {
  Random random(run.seed);
  return OnEveryTarget([&] {
    for (int round = 0; round < 60; ++round) {
      Products products(random, random.LogInteger(1, kMostTerms));
      const int64_t m = products.m;
      const std::vector<int64_t> candidates =
          RandomRowNumbers(random, kRows, random.Integer(0, 11));
      const auto count = static_cast<int64_t>(candidates.size());
      const std::vector<const double*> left(static_cast<size_t>(random.Integer(1, 9)),
                                            products.a.data());
      const auto num_left = static_cast<int64_t>(left.size());
      GuardedArray<double> out(num_left * count, random.Integer(0, 7));
      DotRowsWithEach(left, products.rows.data(), m, candidates, out.data(), count);
      if (!out.Intact()) return Fail(run.seed, "wrote beyond the results");
      for (int64_t c = 0; c < count; ++c) {
        const int64_t zero = 0;
        const double* const row = products.rows.data() + candidates[c] * m;
        double swapped = 0;
        DotRowsWithEach({&row, 1}, products.a.data(), m, {&zero, 1}, &swapped, 1);
        const Quad difference = products.expected[candidates[c]] - swapped;
        const Quad error = difference < 0 ? -difference : difference;
        if (!(error <= products.tolerance[candidates[c]])) return Fail(run.seed, "a product");
        for (int64_t a = 0; a < num_left; ++a) {
          if (!SameBits(out[a * count + c], swapped)) {
            return Fail(run.seed, std::to_string(num_left) + " x " + std::to_string(count) +
                                      " products of " + std::to_string(m) + " terms");
          }
        }
      }
    }
    return true;
  });
}

// The triangle has the bits of DotRowsWithEach.
bool TriangleHolds(const TestRun& run) {
  Random random(run.seed + 3);
  return OnEveryTarget([&] {
    for (int64_t size = 1; size <= 14; ++size) {
      const int64_t m = random.Integer(0, 40);
      const int64_t num_left = random.Integer(1, size);
      GuardedArray<double> rows(size * m);
      for (double& x : rows.values()) x = DrawNumber(random);
      GuardedArray<double> other(num_left * m);
      for (double& x : other.values()) x = DrawNumber(random);
      std::vector<const double*> left;
      for (int64_t a = 0; a < num_left; ++a) left.push_back(other.data() + a * m);
      std::vector<int64_t> candidates(static_cast<size_t>(size));
      std::iota(candidates.rbegin(), candidates.rend(), 0);
      const int64_t stride = size + random.Integer(0, 3);
      std::vector<double> expected(static_cast<size_t>(num_left * stride));
      DotRowsWithEach(left, rows.data(), m, candidates, expected.data(), stride);
      GuardedArray<double> out((num_left - 1) * stride + size, random.Integer(0, 7));
      DotTriangle(left, rows.data(), m, candidates, out.data(), stride);
      if (!out.Intact()) return Fail(run.seed, "wrote beyond the triangle");
      for (int64_t a = 0; a < num_left; ++a) {
        for (int64_t c = a; c < size; ++c) {
          if (!SameBits(out[a * stride + c], expected[a * stride + c])) {
            return Fail(run.seed, "a triangle of " + std::to_string(size) + " rows");
          }
        }
      }
    }
    return true;
  });
}

// Without terms the sum is 0, and the rows need not exist.
bool NoTermsHold() {
  return OnEveryTarget([] {
    const std::vector<int64_t> candidates = {0, 5, 1'000'000};
    std::vector<double> out(3, 1.0);
    DotRows(nullptr, nullptr, 0, candidates.data(), 3, out.data());
    return out == std::vector<double>(3, 0.0) || Fail("products without terms");
  });
}

void TestLengths(void** state) {
  assert_true(EveryLengthHolds(*static_cast<const TestRun*>(*state)));
}
void TestCounts(void** state) {
  assert_true(EveryCountHolds(*static_cast<const TestRun*>(*state)));
}
void TestEach(void** state) { assert_true(EachHolds(*static_cast<const TestRun*>(*state))); }
void TestTriangle(void** state) {
  assert_true(TriangleHolds(*static_cast<const TestRun*>(*state)));
}
void TestNoTerms(void**) { assert_true(NoTermsHold()); }

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestLengths, &run),
      cmocka_unit_test_prestate(TestCounts, &run),
      cmocka_unit_test_prestate(TestEach, &run),
      cmocka_unit_test_prestate(TestTriangle, &run),
      cmocka_unit_test(TestNoTerms),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
