// The scans of brute force (8-bit first, 16-bit, double precision only) must return the same bytes as double precision
// with tiles chosen by the caller, which uses no other screen. The memory of the index and the statistics show which
// scan a case used.
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

// The representation of V that a scan builds and keeps.
enum class Words { kNone, k16, k8, kBoth };

// Only this target has fast products of bytes. The others use 16 bits.
bool HasFastBytes() { return std::string(residual_knn_simd_target()) == "AVX3_DL"; }

struct Scan {
  const char* name = "";
  Model model;
  Words words = Words::kNone;
};

// Changes the first rows: inducing points, with almost no residual variance; points near them, with a little more;
// duplicates of each other.
void PlaceSpecialRows(Random& random, Model& model, int64_t tiny, int64_t small, int64_t twins) {
  Points& points = model.points;
  const double nearness = 0.01 * model.kernel.lengthscales[0];
  const std::vector<int64_t> order = RandomPermutation(random, points.n);
  for (int64_t i = 0; i < tiny + small + twins; ++i) {
    const int64_t row = order[i];
    const int64_t inducing = i % model.inducing.n;
    for (int64_t c = 0; c < points.d; ++c) {
      if (i < tiny) {
        points(row, c) = model.inducing(inducing, c);
      } else if (i < tiny + small) {
        points(row, c) = model.inducing(inducing, c) + nearness * random.Normal();
      } else {
        points(row, c) = points(order[points.n - 1 - i % 50], c);
      }
    }
  }
}

Model ModelIn(Random& random, int64_t n, int64_t d, int64_t m, double lengthscale) {
  Model model;
  model.points = RandomPoints(random, Shape::kUniform, n, d);
  model.inducing = RandomPoints(random, Shape::kUniform, m, d);
  model.kernel.lengthscales = {lengthscale};
  return model;
}

// The median share of p in the variance decides how short the words may be.
Scan EasyScan(Random& random) {
  Scan scan{"much is left over", ModelIn(random, 2100, 2, 37, 0.15), Words::k8};
  PlaceSpecialRows(random, scan.model, 12, 20, 200);
  return scan;
}

// Enough queries do not fit 8 bits that these are scanned with 16 bits after the others.
Scan MixedScan(Random& random) {
  Scan scan{"some queries need 16 bits", ModelIn(random, 2600, 3, 64, 0.17), Words::kBoth};
  scan.model.kernel.family = RESIDUAL_KNN_RATIONAL_QUADRATIC;
  scan.model.kernel.variance = 5;
  PlaceSpecialRows(random, scan.model, 10, 150, 100);
  return scan;
}

Scan WordScan(Random& random) {
  Scan scan{"little is left over", ModelIn(random, 2000, 2, 50, 0.33), Words::k16};
  PlaceSpecialRows(random, scan.model, 6, 10, 100);
  return scan;
}

// The residual variance is almost 0 everywhere.
Scan SpoiledScan(Random& random) {
  Scan scan{"hardly anything is left over", ModelIn(random, 1500, 1, 40, 0.5), Words::kNone};
  scan.model.kernel.family = RESIDUAL_KNN_MATERN52;
  return scan;
}

// A family without a screen in single precision.
Scan TableScan(Random& random) {
  Scan scan{"a table of the covariance", ModelIn(random, 1200, 2, 20, 0.2), Words::kNone};
  scan.model.kernel.family = RESIDUAL_KNN_MATERN;
  scan.model.kernel.nu = 0.9;
  return scan;
}

// Far enough from the inducing points for bytes.
Scan IdenticalScan(Random& random) {
  Scan scan{"all points are equal", ModelIn(random, 1100, 2, 20, 0.3), Words::k8};
  for (double& x : scan.model.points.values) x = 1.15;
  return scan;
}

// Duplicates and equal distances.
Scan LatticeScan(Random& random) {
  Scan scan{"points of a lattice", ModelIn(random, 2000, 2, 33, 0.2), Words::k8};
  for (double& x : scan.model.points.values) x = std::round(20 * x) / 20;
  scan.model.kernel.family = RESIDUAL_KNN_MATERN12;
  scan.model.nugget = 0.3;
  return scan;
}

std::vector<Question> Questions(Random& random, const Scan& scan) {
  const int64_t n = scan.model.points.n;
  std::vector<Question> questions(5);
  questions[0].kind = QueryKind::kNeighbors;
  questions[1].kind = QueryKind::kPredecessors;
  for (size_t i = 0; i < 2; ++i) {
    questions[i].all_rows = true;
    questions[i].rows.resize(static_cast<size_t>(n));
    std::iota(questions[i].rows.begin(), questions[i].rows.end(), int64_t{0});
  }
  questions[2].kind = QueryKind::kNeighbors;
  questions[3].kind = QueryKind::kPredecessors;
  for (size_t i = 2; i < 4; ++i) questions[i].rows = RandomRowNumbers(random, n, 150);
  // The same row repeated.
  std::fill_n(questions[2].rows.begin() + 20, 10, questions[2].rows[0]);
  questions[4].kind = QueryKind::kNewPoints;
  questions[4].queries = RandomPoints(random, Shape::kUniform, 120, scan.model.points.d);
  Points& queries = questions[4].queries;
  for (int64_t q = 0; q < queries.n; q += 6) {
    const bool far = q % 5 == 0;
    for (int64_t c = 0; c < queries.d; ++c) {
      queries(q, c) = far ? queries(q, c) + 50 : scan.model.points(q, c);
      if (q % 4 == 0) queries(q + 1, c) = scan.model.inducing(q % scan.model.inducing.n, c) + 1e-7;
    }
  }
  constexpr std::array<int32_t, 5> kNeighbors = {10, 30, 50, 7, 20};
  for (size_t i = 0; i < questions.size(); ++i) questions[i].k = kNeighbors[i];
  return questions;
}

// Two indexes of one model, so that data built by automatic, such as a tree, are separate from those of scans.
struct Indices {
  CreatedIndex scanned;
  CreatedIndex automatic;
};

// Searches with brute force and with automatic, in both rankings. Sums the pairs that brute force screened.
bool QuestionHolds(const Indices& indices, const Question& question, Random& random,
                   int64_t& screened) {
  for (const int32_t ranking : {RESIDUAL_KNN_ABSOLUTE, RESIDUAL_KNN_SIGNED}) {
    Manner manner;
    manner.ranking = ranking;
    manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
    manner.tile_queries = 300;
    const Answer expected = Ask(indices.scanned.index.get(), question, manner);
    if (expected.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
    if (expected.statistics.scored_in_low_precision != 0) return Fail("tiles are screened");
    manner.tile_queries = 0;
    for (const int32_t strategy : {RESIDUAL_KNN_BRUTE_FORCE, RESIDUAL_KNN_AUTOMATIC}) {
      manner.strategy = strategy;
      manner.threads = static_cast<int32_t>(random.Integer(1, 3));
      const bool is_scan = strategy == RESIDUAL_KNN_BRUTE_FORCE;
      const CreatedIndex& created = is_scan ? indices.scanned : indices.automatic;
      const Answer answer = Ask(created.index.get(), question, manner);
      if (!answer.SameAs(expected) || answer.overrun) {
        return Fail(Describe(question) + "; " + Describe(manner) + ": another answer");
      }
      if (!is_scan) continue;
      screened += answer.statistics.scored_in_low_precision;
      if (answer.statistics.pairs_scored < answer.statistics.scored_in_low_precision ||
          answer.statistics.pairs_rescored <= 0) {
        return Fail(Describe(question) + ": statistics do not add up");
      }
    }
  }
  return true;
}

// The memory of a row: its places in neighborhoods, its words, and the data of the row (units, rests, norms, scales,
// coordinates; with 8 bits also the 16-bit rows, their units and rests).
int64_t BytesOfWords(const Model& model, Words words) {
  const int64_t places = 8 + 4;
  const int64_t with_row = 4 * (4 + model.points.d);
  const int64_t words16 = (model.inducing.n + 1) / 2 * 4 + with_row;
  const int64_t words8 =
      (model.inducing.n + 3) / 4 * 4 + (model.inducing.n + 31) / 32 * 64 + with_row + 4 + 4;
  switch (words) {
    case Words::kNone:
      return model.points.n * places;
    case Words::k16:
      return model.points.n * (places + words16);
    case Words::k8:
      return model.points.n * (places + words8);
    case Words::kBoth:
      return model.points.n * (places + words16 + words8);
  }
  return 0;
}

bool HoldsWords(const Scan& scan, int64_t bytes) {
  Words words = scan.words;
  if (!HasFastBytes() && words != Words::kNone) words = Words::k16;
  const int64_t expected = BytesOfWords(scan.model, words);
  // Some extra for the ends of arrays, for exceptional rows, and for rows that repeat others.
  const int64_t slack = 20'000 + 16 * scan.model.points.n;
  return (bytes >= expected && bytes <= expected + slack) ||
         Fail("scans have made " + std::to_string(bytes) + " bytes of words, not about " +
              std::to_string(expected));
}

bool ScanHolds(uint64_t seed, Scan (*make)(Random&)) {
  Random random(seed);
  const Scan scan = make(random);
  const Indices indices = {CreateIndex(scan.model), CreateIndex(scan.model)};
  if (indices.automatic.status != RESIDUAL_KNN_OK) return Fail(seed, residual_knn_last_error());
  const residual_knn_info before = InfoOf(indices.scanned.index.get());
  const std::vector<Question> questions = Questions(random, scan);
  int64_t screened = 0;
  int64_t pairs = 0;
  for (const Question& question : questions) {
    if (!QuestionHolds(indices, question, random, screened)) return Fail(seed, scan.name);
    pairs += question.count() * scan.model.points.n;
  }
  const int64_t bytes = InfoOf(indices.scanned.index.get()).bytes - before.bytes;
  std::printf("%s: residual share %.2g, %.2g, %.2g; %lld pairs screened; %lld bytes of words\n",
              scan.name, before.residual_share[0], before.residual_share[1],
              before.residual_share[3], static_cast<long long>(screened),
              static_cast<long long>(bytes));
  if ((screened > pairs) != (scan.words != Words::kNone)) {
    return Fail(seed, std::string(scan.name) + ": screened " + std::to_string(screened) +
                          " of the pairs of " + std::to_string(pairs));
  }
  return HoldsWords(scan, bytes) || Fail(seed, scan.name);
}

// V and p from a caller, with p so large or so small that 1 / sqrt(p) is almost 0 or infinite in single precision. p of
// the queries compensates for it.
bool ScalesHold(uint64_t seed, bool is_large) {
  constexpr int64_t kRows = 1500;
  constexpr int64_t kQueries = 100;
  constexpr int64_t kColumns = 16;
  Random random(seed);
  Model model;
  model.kernel.lengthscales = {0.8};
  model.points = RandomPoints(random, Shape::kUniform, kRows, 2);
  FactorCopy factor{kColumns, {}, {}};
  for (int64_t i = 0; i < kRows; ++i) {
    const bool is_small = !is_large && i % 30 == 0;
    const double size = is_small ? 1e-37 : 0.1;
    for (int64_t e = 0; e < kColumns; ++e) factor.v.push_back(size * random.Normal());
    factor.p.push_back(is_large ? std::pow(10, random.Uniform(88.2, 89.2)) : is_small ? 1e-80 : 1);
  }
  const CreatedIndex created = CreateIndexFromFactor(model, factor);
  if (created.status != RESIDUAL_KNN_OK) return Fail(seed, residual_knn_last_error());
  Question question;
  question.kind = QueryKind::kNewFactor;
  question.k = is_large ? 40 : 10;
  question.queries = RandomPoints(random, Shape::kUniform, kQueries, 2);
  question.query_factor = {kColumns, std::vector<double>(kQueries * kColumns, 0.0),
                           std::vector<double>(kQueries, is_large ? 8e-89 : 1e80)};
  Manner manner;
  manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  const Answer answer = Ask(created.index.get(), question, manner);
  manner.tile_queries = 50;
  return answer.SameAs(Ask(created.index.get(), question, manner)) ||
         Fail(seed, std::string("another answer where p is ") + (is_large ? "large" : "small"));
}

// Tiles of any size give the same answer within the available memory.
bool ExtremeTilesHold(const TestRun& run) {
  const uint64_t seed = run.seed;
  const bool sanitized = run.size < 1;  // then fewer combinations of sizes, and shorter lists
  Random random(seed);
  Model model;
  model.kernel.lengthscales = {0.3};
  model.points = RandomPoints(random, Shape::kUniform, 700, 2);
  model.inducing = RandomRowsOf(random, model.points, 20);
  const CreatedIndex created = CreateIndex(model);
  constexpr int64_t kSizes[] = {0,
                                1,
                                3,
                                700,
                                int64_t{1} << 31,
                                (int64_t{1} << 32) + 1,
                                int64_t{1} << 52,
                                int64_t{1} << 61,
                                (int64_t{1} << 62) + 12345,
                                std::numeric_limits<int64_t>::max()};
  for (const QueryKind kind : {QueryKind::kNeighbors, QueryKind::kPredecessors}) {
    for (const int64_t count : {0, 1, 40, 700}) {
      Question question;
      question.kind = kind;
      // Includes lists that take much memory.
      question.k = count != 40 ? 4 : sanitized ? 3000 : 100'000;
      question.rows = RandomRowNumbers(random, model.points.n, count);
      const Answer expected = Ask(created.index.get(), question);
      for (const int64_t tile_queries : kSizes) {
        for (const int64_t tile_candidates : kSizes) {
          const bool is_end = tile_candidates == 0 || tile_candidates == int64_t{1} << 61;
          if (sanitized && !is_end) continue;
          Manner manner;
          manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
          manner.threads = static_cast<int32_t>(random.Integer(1, 3));
          manner.tile_queries = tile_queries;
          manner.tile_candidates = tile_candidates;
          if (!Ask(created.index.get(), question, manner).SameAs(expected)) {
            return Fail(seed, Describe(question) + "; " + Describe(manner) + ": another answer");
          }
        }
      }
    }
  }
  return true;
}

void TestExtremeTiles(void** state) {
  assert_true(ExtremeTilesHold(*static_cast<const TestRun*>(*state)));
}

void TestScalesBeyondSinglePrecision(void** state) {
  const uint64_t seed = static_cast<const TestRun*>(*state)->seed;
  const bool large = ScalesHold(seed, true);
  const bool small = ScalesHold(seed, false);
  assert_true(large && small);
}

template <Scan (*kMake)(Random&)>
void TestScan(void** state) {
  assert_true(ScanHolds(static_cast<const TestRun*>(*state)->seed, kMake));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestExtremeTiles, &run),
      cmocka_unit_test_prestate(TestScan<EasyScan>, &run),
      cmocka_unit_test_prestate(TestScan<MixedScan>, &run),
      cmocka_unit_test_prestate(TestScan<WordScan>, &run),
      cmocka_unit_test_prestate(TestScan<SpoiledScan>, &run),
      cmocka_unit_test_prestate(TestScan<TableScan>, &run),
      cmocka_unit_test_prestate(TestScan<IdenticalScan>, &run),
      cmocka_unit_test_prestate(TestScan<LatticeScan>, &run),
      cmocka_unit_test_prestate(TestScalesBeyondSinglePrecision, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
