// Compares products of integers of 16 and 8 bits with scalar code, on every target: every number of queries, candidates
// and words, the largest allowed elements, and no access beyond the arrays.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "simd/for_each_target.h"
#include "simd/guarded_array.h"
#include "simd/quantized_product.h"
#include "simd/target.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

using residual_knn::kByteMove;
using residual_knn::kPackedGroup;
using residual_knn::kRow16Unit;

constexpr int64_t kUsualCases = 150;
constexpr int32_t kUntouched = 0x5EC0DE;
constexpr int64_t kMostBytes = 66'000;

// Elements of queries and candidates, `length` per row.
struct Elements {
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t length = 0;
  std::vector<int32_t> a;
  std::vector<int32_t> b;

  // Elements of equal magnitude, or random: largest sums and all bit patterns.
  void Draw(Random& random, int64_t largest) {
    a.resize(static_cast<size_t>(rows * length));
    b.resize(static_cast<size_t>(columns * length));
    const int64_t kind = random.Integer(0, 2);
    for (std::vector<int32_t>* values : {&a, &b}) {
      for (int32_t& x : *values) {
        const int64_t drawn = kind == 0 ? largest : random.Integer(-largest, largest);
        x = static_cast<int32_t>(kind == 1 ? (drawn < 0 ? -largest : largest) : drawn);
      }
    }
    // Rows of one sign times rows of the other.
    if (kind == 0 && rows > 1) std::fill_n(a.begin(), length, static_cast<int32_t>(-largest));
  }

  [[nodiscard]] int64_t Product(int64_t q, int64_t j) const {
    int64_t sum = 0;
    for (int64_t e = 0; e < length; ++e) {
      sum += int64_t{a[q * length + e]} * int64_t{b[j * length + e]};
    }
    return sum;
  }
};

int64_t PackedPlace(int64_t j, int64_t word, int64_t words) {
  return (j / kPackedGroup * words + word) * kPackedGroup + j % kPackedGroup;
}

// Runs multiply(queries, packed, out, stride) on guarded arrays; word(values, at) packs the elements from `at` on.
template <class Word, class CandidateWord, class Multiply>
bool ProductsHold(const Elements& elements, int64_t per_word, Random& random, const Word& word,
                  const CandidateWord& candidate_word, const Multiply& multiply) {
  const int64_t words = elements.length / per_word;
  GuardedArray<int32_t> queries(elements.rows * words);
  GuardedArray<int32_t> packed(elements.columns * words);
  for (int64_t q = 0; q < elements.rows; ++q) {
    for (int64_t e = 0; e < words; ++e) {
      queries[q * words + e] = word(elements.a.data() + q * elements.length + e * per_word);
    }
  }
  for (int64_t j = 0; j < elements.columns; ++j) {
    for (int64_t e = 0; e < words; ++e) {
      packed[PackedPlace(j, e, words)] =
          candidate_word(elements.b.data() + j * elements.length + e * per_word);
    }
  }
  const int64_t stride = elements.columns + random.Integer(0, 20);
  GuardedArray<int32_t> out(elements.rows * stride);
  for (int32_t& x : out.values()) x = kUntouched;
  multiply(queries.data(), packed.data(), words, out.data(), stride);
  if (!out.Intact()) return Fail("wrote beyond its results");
  for (int64_t q = 0; q < elements.rows; ++q) {
    for (int64_t j = 0; j < stride; ++j) {
      const int64_t expected = j < elements.columns ? elements.Product(q, j) : kUntouched;
      if (out[q * stride + j] == expected) continue;
      return Fail("query " + std::to_string(q) + " of " + std::to_string(elements.rows) +
                  ", candidate " + std::to_string(j) + " of " + std::to_string(elements.columns) +
                  ", " + std::to_string(words) + " words: " + std::to_string(out[q * stride + j]) +
                  ", not " + std::to_string(expected));
    }
  }
  return true;
}

int32_t Pair(const int32_t* values) {
  return residual_knn::PairOf(static_cast<int16_t>(values[0]), static_cast<int16_t>(values[1]));
}

// The largest elements in a row of a length whose sums fit, by Cauchy-Schwarz.
int64_t LargestWord(int64_t length) {
  return std::min<int64_t>(32767,
                           static_cast<int64_t>(46340 / std::sqrt(static_cast<double>(length))));
}

bool PairsHold(Random& random) {
  Elements elements;
  elements.rows = random.Integer(0, 40);
  elements.columns = kPackedGroup * random.Integer(0, 5);
  elements.length = 2 * random.Integer(1, 60);
  elements.Draw(random, random.Chance(0.7) ? LargestWord(elements.length) : 100);
  return ProductsHold(elements, 2, random, Pair, Pair,
                      [&](const int32_t* queries, const int32_t* packed, int64_t words,
                          int32_t* out, int64_t stride) {
                        residual_knn::MultiplyPairs(
                            {queries, nullptr, elements.rows},
                            {packed, elements.columns / kPackedGroup, words}, out, stride);
                      }) ||
         Fail("products of 16 bits");
}

bool BytesHold(Elements& elements, Random& random) {
  elements.Draw(random, random.Chance(0.7) ? 127 : 5);
  GuardedArray<int32_t> offsets(elements.rows);
  for (int64_t q = 0; q < elements.rows; ++q) {
    offsets[q] = 0;
    for (int64_t e = 0; e < elements.length; ++e) {
      offsets[q] -= kByteMove * elements.a[q * elements.length + e];
    }
  }
  const auto quad = [](const int32_t* values) {
    return residual_knn::QuadOf({values[0], values[1], values[2], values[3]});
  };
  const auto moved = [](const int32_t* values) {
    return residual_knn::QuadOf({values[0] + kByteMove, values[1] + kByteMove,
                                 values[2] + kByteMove, values[3] + kByteMove});
  };
  return ProductsHold(elements, 4, random, quad, moved,
                      [&](const int32_t* queries, const int32_t* packed, int64_t words,
                          int32_t* out, int64_t stride) {
                        residual_knn::MultiplyBytes(
                            {queries, offsets.data(), elements.rows},
                            {packed, elements.columns / kPackedGroup, words}, out, stride);
                      }) ||
         Fail("products of 8 bits");
}

bool RandomBytesHold(Random& random) {
  Elements elements;
  elements.rows = random.Integer(0, 40);
  elements.columns = kPackedGroup * random.Integer(0, 5);
  elements.length = 4 * random.Integer(1, 60);
  return BytesHold(elements, random);
}

bool DotsHold(Random& random) {
  constexpr int64_t kRows = 9;
  const int64_t stride = kRow16Unit * random.Integer(1, 6);
  const int64_t used = stride - random.Integer(0, kRow16Unit - 1);
  const int64_t largest = random.Chance(0.7) ? LargestWord(used) : 100;
  GuardedArray<int16_t> a(stride);
  GuardedArray<int16_t> rows(kRows * stride);
  const auto draw = [&](int64_t e) {
    const bool edge = random.Chance(0.3);
    const int64_t x =
        edge ? (random.Chance(0.5) ? largest : -largest) : random.Integer(-largest, largest);
    return static_cast<int16_t>(e < used ? x : 0);
  };
  for (int64_t e = 0; e < stride; ++e) a[e] = draw(e);
  for (int64_t e = 0; e < kRows * stride; ++e) rows[e] = draw(e % stride);
  const std::vector<int64_t> drawn = RandomRowNumbers(random, kRows, random.Integer(0, 20));
  const auto count = static_cast<int64_t>(drawn.size());
  GuardedArray<int32_t> candidates(count);
  std::copy(drawn.begin(), drawn.end(), candidates.data());
  GuardedArray<int32_t> out(count);
  residual_knn::DotPairRows(a.data(), rows.data(), stride, candidates.data(), count, out.data());
  if (!out.Intact()) return Fail("a product of rows wrote beyond its results");
  for (int64_t c = 0; c < count; ++c) {
    int64_t sum = 0;
    for (int64_t e = 0; e < stride; ++e) sum += int64_t{a[e]} * rows[candidates[c] * stride + e];
    if (out[c] != sum) {
      return Fail("product with row " + std::to_string(candidates[c]) + ": " +
                  std::to_string(out[c]) + ", not " + std::to_string(sum));
    }
  }
  return true;
}

void TestRandomProducts(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(OnEveryTarget([&] {
    for (int64_t i = 0; i < run.Scaled(kUsualCases); ++i) {
      const uint64_t seed = run.seed + static_cast<uint64_t>(i);
      Random random(seed);
      if (!PairsHold(random) || !RandomBytesHold(random) || !DotsHold(random)) {
        return Fail(seed, "case " + std::to_string(i));
      }
    }
    return true;
  }));
}

// The largest number of bytes of a row. The sums are within half a percent of 2^31.
void TestLongestRows(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(OnEveryTarget([&] {
    for (uint64_t seed = run.seed; seed < run.seed + 6; ++seed) {
      Random random(seed);
      Elements elements{3, kPackedGroup, kMostBytes, {}, {}};
      if (!BytesHold(elements, random)) return Fail(seed, "longest rows");
    }
    return true;
  }));
}

// Only one target has instructions for bytes. The others would be slower with bytes.
void TestTargetOfFastBytes(void** /*state*/) {
  assert_true(OnEveryTarget([] {
    const std::string target = residual_knn::SimdTargetName();
    return residual_knn::MultipliesBytesFast() == (target == "AVX3_DL") ||
           Fail("fast bytes on " + target);
  }));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestRandomProducts, &run),
      cmocka_unit_test_prestate(TestLongestRows, &run),
      cmocka_unit_test(TestTargetOfFastBytes),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
