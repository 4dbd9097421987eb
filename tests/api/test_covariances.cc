// Residual covariances of queries with their neighbors, and residual covariance blocks, against quadruple precision and
// against each other.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/bad_input.h"
#include "support/checked_callback.h"
#include "support/conditioning_sets.h"
#include "support/dense_residual.h"
#include "support/float_text.h"
#include "support/poisoned.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualModels = 150;

residual_knn_covariance_options CovarianceOptions() {
  residual_knn_covariance_options options;
  residual_knn_covariance_options_init(&options, sizeof options);
  return options;
}

// The answers of both functions.
struct Covariances {
  residual_knn_status status = RESIDUAL_KNN_ERROR_INTERNAL;
  residual_knn_status blocks_status = RESIDUAL_KNN_ERROR_INTERNAL;
  std::vector<double> covariances;  // query by query
  std::vector<double> residual_variances;
  std::vector<double> blocks;

  explicit Covariances(const Sets& sets)
      : covariances(sets.neighbors.size()),
        residual_variances(static_cast<size_t>(sets.count())),
        blocks(static_cast<size_t>(sets.count() * (sets.k + 1) * (sets.k + 1))) {}

  [[nodiscard]] bool SameAs(const Covariances& other) const {
    return status == other.status && blocks_status == other.blocks_status &&
           SameBits(covariances, other.covariances) &&
           SameBits(residual_variances, other.residual_variances) && SameBits(blocks, other.blocks);
  }
  [[nodiscard]] bool Succeeded() const {
    return status == RESIDUAL_KNN_OK && blocks_status == RESIDUAL_KNN_OK;
  }
};

Covariances CovariancesOf(const residual_knn_index* index, const Sets& sets,
                          const residual_knn_covariance_options& options = CovarianceOptions()) {
  Covariances result(sets);
  const std::vector<int64_t> given = ToLayout(sets.neighbors, sets.count(), sets.k, options.layout);
  result.status = residual_knn_covariances(index, sets.rows.data(), sets.count(), &options, sets.k,
                                           given.data(), result.covariances.data(),
                                           result.residual_variances.data());
  result.covariances = FromLayout(result.covariances, sets.count(), sets.k, options.layout);
  result.blocks_status = residual_knn_covariance_blocks(
      index, sets.rows.data(), sets.count(), &options, sets.k, given.data(), result.blocks.data());
  return result;
}

Covariances NarrowCovariancesOf(const residual_knn_index* index, const Sets& sets) {
  Covariances result(sets);
  const std::vector<int32_t> rows = Narrow(sets.rows);
  const std::vector<int32_t> neighbors = Narrow(sets.neighbors);
  result.status = residual_knn_covariances_int32(
      index, rows.data(), sets.count(), nullptr, sets.k, 1, kMissingOfR, neighbors.data(),
      result.covariances.data(), result.residual_variances.data());
  result.blocks_status =
      residual_knn_covariance_blocks_int32(index, rows.data(), sets.count(), nullptr, sets.k, 1,
                                           kMissingOfR, neighbors.data(), result.blocks.data());
  return result;
}

// The block of one query.
struct Block {
  const double* values;
  int64_t width;

  double operator()(int64_t row, int64_t column) const { return values[row * width + column]; }
};

Block BlockOf(const Covariances& answer, const Sets& sets, int64_t query) {
  const int64_t width = sets.k + 1;
  return {answer.blocks.data() + query * width * width, width};
}

// The covariances of the query are the first row of its block, and the block is symmetric to the last bit. Places without
// a neighbor have a row of the identity.
bool BlockFits(const Covariances& answer, const Sets& sets, int64_t query) {
  const Block block = BlockOf(answer, sets, query);
  for (int64_t a = 0; a < block.width; ++a) {
    for (int64_t b = 0; b < a; ++b) {
      if (!SameBits(block(a, b), block(b, a))) return Fail("a block is not symmetric");
    }
  }
  if (block(0, 0) != answer.residual_variances[query]) return Fail("p of the query");
  for (int64_t place = 0; place < sets.k; ++place) {
    const int64_t at = query * sets.k + place;
    if (sets.neighbors[at] >= 0) {
      if (!SameBits(block(0, place + 1), answer.covariances[at])) {
        return Fail("the first row of a block is not that of the covariances");
      }
      continue;
    }
    if (answer.covariances[at] != 0) return Fail("a place without a neighbor has a covariance");
    for (int64_t b = 0; b < block.width; ++b) {
      if (block(place + 1, b) != (b == place + 1 ? 1 : 0)) {
        return Fail("a place without a neighbor is not a row of the identity");
      }
    }
  }
  return true;
}

// The rows of a block: the query, then its places, -1 without a neighbor.
std::vector<int64_t> RowsOfBlock(const Sets& sets, int64_t query) {
  std::vector<int64_t> rows = {sets.rows[query]};
  rows.insert(rows.end(), sets.neighbors.begin() + query * sets.k,
              sets.neighbors.begin() + (query + 1) * sets.k);
  return rows;
}

bool BlockIsAccurate(const DenseReference& reference, const Covariances& answer, const Sets& sets,
                     int64_t query) {
  const Block block = BlockOf(answer, sets, query);
  const std::vector<int64_t> rows = RowsOfBlock(sets, query);
  for (int64_t a = 0; a < block.width; ++a) {
    for (int64_t b = 0; b < block.width; ++b) {
      if (rows[a] < 0 || rows[b] < 0) continue;
      const auto expected = static_cast<double>(reference.R(rows[a], rows[b]));
      const double error = a == b ? 0 : reference.ErrorOfR(rows[a], rows[b]);
      if (!(std::abs(block(a, b) - expected) <= error)) {
        return Fail("R of rows " + std::to_string(rows[a]) + " and " + std::to_string(rows[b]) +
                    " is " + std::to_string(block(a, b)) + ", not " + std::to_string(expected));
      }
    }
  }
  return true;
}

struct Tally {
  int64_t blocks = 0;
  int64_t compared = 0;  // conditional variances
};

// The variance of the query given the others, from the block alone, is D of residual_knn_weights.
bool SchurComplementHolds(const Covariances& answer, const Sets& sets, int64_t query,
                          double expected, double error, Tally& tally) {
  const Block block = BlockOf(answer, sets, query);
  // The query comes last, so that its pivot is its conditional variance.
  const std::vector<Quad> l = CholeskyFactor(block.width, [&](int64_t i, int64_t j) -> Quad {
    return block((i + 1) % block.width, (j + 1) % block.width);
  });
  if (l.empty()) return true;  // rounding has spoiled the block
  double smallest = std::numeric_limits<double>::infinity();
  for (int64_t i = 0; i < block.width; ++i) {
    const auto pivot = static_cast<double>(l[i * block.width + i] * l[i * block.width + i]);
    smallest = std::min(smallest, pivot / block((i + 1) % block.width, (i + 1) % block.width));
  }
  // Each correlation may be off by `error`; the least pivot bounds the growth of errors for these sizes.
  const double tolerance = 1e3 * error / smallest;
  if (tolerance > 1e-3) return true;
  ++tally.compared;
  const double pivot = static_cast<double>(l.back() * l.back());
  return std::abs(pivot - expected) <= tolerance * expected ||
         Fail("the conditional variance is " + std::to_string(pivot) + ", not " +
              std::to_string(expected));
}

bool ModelHolds(uint64_t seed, Tally& tally) {
  Random random(seed);
  const RandomModel drawn = DrawModel(random, {150, 6, 40});
  const Model& model = drawn.model;
  const CreatedIndex created = CreateIndex(model);
  if (created.status != RESIDUAL_KNN_OK) return true;  // other tests are about that
  const residual_knn_index* index = created.index.get();
  const FactorCopy factor = FactorOf(index);
  const DenseReference reference(model, factor);
  for (int i = 0; i < 3; ++i) {
    const Sets sets = DrawSets(random, index, model.points.n);
    residual_knn_covariance_options options = CovarianceOptions();
    options.threads = 1;
    const Covariances answer = CovariancesOf(index, sets, options);
    if (!answer.Succeeded()) return Fail(seed, residual_knn_last_error());
    // No set has more than 21 points, so rounding does not make it lose its definiteness under this jitter.
    std::vector<double> variances(static_cast<size_t>(sets.count()));
    const bool has_weights = residual_knn_weights(index, sets.rows.data(), sets.count(), nullptr,
                                                  sets.k, sets.neighbors.data(), nullptr,
                                                  variances.data(), nullptr) == RESIDUAL_KNN_OK;
    for (int64_t q = 0; q < sets.count(); ++q) {
      ++tally.blocks;
      bool holds = BlockFits(answer, sets, q) && BlockIsAccurate(reference, answer, sets, q);
      std::vector<int64_t> set = sets.Of(q);
      set.push_back(sets.rows[q]);
      const bool degenerate = std::any_of(set.begin(), set.end(),
                                          [&](int64_t row) { return reference.Degenerate(row); });
      if (has_weights && !degenerate) {
        holds = holds && SchurComplementHolds(answer, sets, q, variances[q],
                                              reference.Error(sets.Of(q), sets.rows[q]), tally);
      }
      if (!holds) return Fail(seed, drawn.description + ", query " + std::to_string(q));
    }
    // Any number of threads, both layouts and both widths.
    options.threads = static_cast<int32_t>(random.Integer(2, 5));
    options.layout = RESIDUAL_KNN_DIMENSION_MAJOR;
    if (!CovariancesOf(index, sets, options).SameAs(answer)) return Fail(seed, "the other layout");
    if (!NarrowCovariancesOf(index, sets).SameAs(answer)) return Fail(seed, "32-bit rows");
  }
  return true;
}

void TestAgainstDense(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Tally tally;
  const bool holds =
      SeedsHold(run, kUsualModels, [&](uint64_t seed) { return ModelHolds(seed, tally); });
  std::printf("%lld blocks; %lld conditional variances compared\n",
              static_cast<long long>(tally.blocks), static_cast<long long>(tally.compared));
  assert_true(holds);
  if (run.HasUsualCases(kUsualModels)) assert_true(tally.compared > 300);
}

// R_ij = R_ji to the last bit in all calls, with kernels of each kind of product: none, short and long.
void TestSymmetry(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  for (const int64_t m : {0, 3, 37}) {
    const int64_t n = 40;
    const CreatedIndex created = CreateIndex(SmoothModel(random, n, m));
    Sets sets;
    sets.k = static_cast<int32_t>(n);
    sets.rows.resize(static_cast<size_t>(n));
    std::iota(sets.rows.begin(), sets.rows.end(), 0);
    for (int64_t i = 0; i < n; ++i) {
      const std::vector<int64_t> all = RandomPermutation(random, n);
      sets.neighbors.insert(sets.neighbors.end(), all.begin(), all.end());
    }
    // Every set names all rows, the query too.
    const Covariances answer = CovariancesOf(created.index.get(), sets);
    assert_int_equal(answer.status, RESIDUAL_KNN_OK);
    std::vector<double> r(static_cast<size_t>(n * n));
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t place = 0; place < n; ++place) {
        r[i * n + sets.neighbors[i * n + place]] = answer.covariances[i * n + place];
      }
    }
    const FactorCopy factor = FactorOf(created.index.get());
    for (int64_t i = 0; i < n; ++i) {
      assert_true(r[i * n + i] == factor.p[i]);
      for (int64_t j = 0; j < i; ++j) assert_true(SameBits(r[i * n + j], r[j * n + i]));
    }
    // Blocks of other sizes have the same values, whichever points are around them.
    for (int64_t k = 1; k < n; k += 5) {
      Sets some;
      some.k = static_cast<int32_t>(k);
      some.rows = {n - 1};
      some.neighbors = RandomPermutation(random, n - 1);
      some.neighbors.resize(static_cast<size_t>(k));
      const Covariances part = CovariancesOf(created.index.get(), some);
      const Block block = BlockOf(part, some, 0);
      const std::vector<int64_t> rows = RowsOfBlock(some, 0);
      for (int64_t a = 0; a <= k; ++a) {
        for (int64_t b = 0; b <= k; ++b) {
          assert_true(SameBits(block(a, b), r[rows[a] * n + rows[b]]));
        }
      }
    }
  }
}

// A row that a set names more than once has its covariance in each place.
void TestRepeats(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const CreatedIndex created = CreateIndex(SmoothModel(random, 20, 4));
  const std::vector<int64_t> rows = {4};
  const std::vector<int64_t> neighbors = {7, 4, -1, 7};
  double covariances[4];
  double p = 0;
  assert_int_equal(residual_knn_covariances(created.index.get(), rows.data(), 1, nullptr, 4,
                                            neighbors.data(), covariances, &p),
                   RESIDUAL_KNN_OK);
  assert_true(covariances[0] == covariances[3] && covariances[0] != 0);
  assert_true(covariances[1] == p && covariances[2] == 0);
}

// Degenerate points have the covariances of the formula.
void TestDegenerate(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  Model model = SmoothModel(random, 20, 0);
  model.nugget = 0;
  model.jitter = 0;
  model.inducing = {1, 2, {model.points(3, 0), model.points(3, 1)}};
  const CreatedIndex created = CreateIndex(model);
  assert_int_equal(InfoOf(created.index.get()).degenerate_points, 1);
  const FactorCopy factor = FactorOf(created.index.get());
  const DenseReference reference(model, factor);
  Sets sets;
  sets.k = 2;
  sets.rows = {3, 5};
  sets.neighbors = {1, 2, 3, -1};
  const Covariances answer = CovariancesOf(created.index.get(), sets);
  assert_true(answer.Succeeded());
  for (int64_t q = 0; q < 2; ++q) {
    assert_true(BlockFits(answer, sets, q) && BlockIsAccurate(reference, answer, sets, q));
    assert_true(answer.residual_variances[q] == factor.p[sets.rows[q]]);
  }
}

bool AllAreClose(const Covariances& a, const Covariances& b) {
  constexpr double kError = 1e-12;
  return a.Succeeded() && b.Succeeded() && IsClose(a.covariances, b.covariances, kError) &&
         IsClose(a.residual_variances, b.residual_variances, kError) &&
         IsClose(a.blocks, b.blocks, kError);
}

void TestNewPoints(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const NewPointCase test(random);
  const Sets& sets = test.sets;
  const std::vector<int32_t> neighbors = Narrow(sets.neighbors);
  const CreatedIndex all = CreateIndex(test.whole);
  const CreatedIndex created = CreateIndex(test.old);
  const Covariances expected = CovariancesOf(all.index.get(), sets);
  Covariances answer(sets);
  answer.status = residual_knn_covariances_of_new_points(
      created.index.get(), test.queries.data(), sets.count(), nullptr, sets.k,
      sets.neighbors.data(), answer.covariances.data(), answer.residual_variances.data());
  answer.blocks_status = residual_knn_covariance_blocks_of_new_points(
      created.index.get(), test.queries.data(), sets.count(), nullptr, sets.k,
      sets.neighbors.data(), answer.blocks.data());
  assert_true(AllAreClose(answer, expected));
  for (int64_t q = 0; q < sets.count(); ++q) assert_true(BlockFits(answer, sets, q));
  Covariances narrow(sets);
  narrow.status = residual_knn_covariances_of_new_points_int32(
      created.index.get(), test.queries.data(), sets.count(), nullptr, sets.k, 1, kMissingOfR,
      neighbors.data(), narrow.covariances.data(), narrow.residual_variances.data());
  narrow.blocks_status = residual_knn_covariance_blocks_of_new_points_int32(
      created.index.get(), test.queries.data(), sets.count(), nullptr, sets.k, 1, kMissingOfR,
      neighbors.data(), narrow.blocks.data());
  assert_true(narrow.SameAs(answer));
}

void TestNewFactor(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const NewPointCase test(random);
  const Sets& sets = test.sets;
  const std::vector<int32_t> neighbors = Narrow(sets.neighbors);
  const CreatedIndex all = CreateIndex(test.whole);
  const Covariances expected = CovariancesOf(all.index.get(), sets);
  const FactorCopy factor = FactorOf(all.index.get());
  const int64_t n = test.old.points.n;
  const CreatedIndex given = CreateIndexFromFactor(test.old, factor.Part(0, n));
  const FactorCopy of_new = factor.Part(n, NewPointCase::kNew);
  assert_int_equal(given.status, RESIDUAL_KNN_OK);
  Covariances answer(sets);
  answer.status = residual_knn_covariances_of_new_factor(
      given.index.get(), of_new.v.data(), of_new.p.data(), test.queries.data(), sets.count(),
      nullptr, sets.k, sets.neighbors.data(), answer.covariances.data(),
      answer.residual_variances.data());
  answer.blocks_status = residual_knn_covariance_blocks_of_new_factor(
      given.index.get(), of_new.v.data(), of_new.p.data(), test.queries.data(), sets.count(),
      nullptr, sets.k, sets.neighbors.data(), answer.blocks.data());
  assert_true(AllAreClose(answer, expected));
  Covariances narrow(sets);
  narrow.status = residual_knn_covariances_of_new_factor_int32(
      given.index.get(), of_new.v.data(), of_new.p.data(), test.queries.data(), sets.count(),
      nullptr, sets.k, 1, kMissingOfR, neighbors.data(), narrow.covariances.data(),
      narrow.residual_variances.data());
  narrow.blocks_status = residual_knn_covariance_blocks_of_new_factor_int32(
      given.index.get(), of_new.v.data(), of_new.p.data(), test.queries.data(), sets.count(),
      nullptr, sets.k, 1, kMissingOfR, neighbors.data(), narrow.blocks.data());
  assert_true(narrow.SameAs(answer));
}

// Each kind of index refuses the functions for the other kind, and names the right one.
void TestOtherKind(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const NewPointCase test(random);
  const CreatedIndex created = CreateIndex(test.old);
  const FactorCopy factor = FactorOf(created.index.get());
  const CreatedIndex given = CreateIndexFromFactor(test.old, factor);
  Poisoned<double> out(16);
  const auto refused = [&](residual_knn_status status, const char* function) {
    return status == RESIDUAL_KNN_ERROR_UNSUPPORTED && out.untouched() &&
           std::strstr(residual_knn_last_error(), function) != nullptr;
  };
  const int64_t* set = test.sets.neighbors.data() + test.sets.k;
  assert_true(
      refused(residual_knn_covariances_of_new_points(given.index.get(), test.queries.data(), 1,
                                                     nullptr, 2, set, out.data(), nullptr),
              "residual_knn_covariances_of_new_factor"));
  assert_true(refused(residual_knn_covariance_blocks_of_new_points(
                          given.index.get(), test.queries.data(), 1, nullptr, 2, set, out.data()),
                      "residual_knn_covariance_blocks_of_new_factor"));
  assert_true(refused(residual_knn_covariances_of_new_factor(
                          created.index.get(), factor.v.data(), factor.p.data(),
                          test.queries.data(), 1, nullptr, 2, set, out.data(), nullptr),
                      "residual_knn_covariances_of_new_points"));
  assert_true(refused(residual_knn_covariance_blocks_of_new_factor(
                          created.index.get(), factor.v.data(), factor.p.data(),
                          test.queries.data(), 1, nullptr, 2, set, out.data()),
                      "residual_knn_covariance_blocks_of_new_points"));
}

void TestCallback(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = SmoothModel(random, 50, 8);
  const CreatedIndex built_in = CreateIndex(model);
  CheckedCallback callback(model.kernel, model.points, nullptr);
  const CreatedIndex called = CreateIndexFromCallback(FactorOf(built_in.index.get()), callback);
  assert_int_equal(called.status, RESIDUAL_KNN_OK);
  const Sets sets = AllPredecessors(model.points.n);
  residual_knn_covariance_options options = CovarianceOptions();
  options.threads = 3;
  const Covariances answer = CovariancesOf(called.index.get(), sets, options);
  assert_false(callback.left_thread() || callback.out_of_range());
  assert_true(AllAreClose(answer, CovariancesOf(built_in.index.get(), sets)));
  for (int64_t q = 0; q < sets.count(); ++q) assert_true(BlockFits(answer, sets, q));
}

// Two queries of an index of 30 points, with two neighbors each. Both widths of row numbers are called.
struct Arguments {
  bool null_index = false;
  bool null_rows = false;
  bool null_neighbors = false;
  bool null_output = false;
  std::vector<int64_t> rows = {5, 6};
  int64_t num_queries = 2;
  int32_t k = 2;
  int32_t base = 0;
  int32_t missing = -1;
  std::vector<int64_t> neighbors = {1, 2, 3, 4};
  residual_knn_covariance_options options = CovarianceOptions();
};

enum Calls : uint32_t {
  kCovariances = 1,
  kCovariances32 = 2,
  kBlocks = 4,
  kBlocks32 = 8,
  kWide = kCovariances | kBlocks,
  kNarrow = kCovariances32 | kBlocks32,
  kAnyBlocks = kBlocks | kBlocks32,
  kAnyCovariances = kCovariances | kCovariances32,
  kAll = kWide | kNarrow,
};

const std::vector<BadInputCase<Arguments>>& RefusedCalls() {
  static const std::vector<BadInputCase<Arguments>> table = {
      {"nothing changed", kAll, [](auto& /*a*/) {}, kOk},
      {"no queries", kAll,
       [](auto& a) {
         a.num_queries = 0;
         a.null_rows = a.null_neighbors = a.null_output = true;
       },
       kOk},
      {"index NULL", kAll, [](auto& a) { a.null_index = true; }, kInvalid, "index is NULL"},
      {"num_queries -1", kAll, [](auto& a) { a.num_queries = -1; }, kInvalid, "num_queries is -1"},
      {"num_queries beyond memory", kAll, [](auto& a) { a.num_queries = kHuge; }, kInvalid,
       "do not fit in memory"},
      {"blocks beyond memory", kAnyBlocks,
       [](auto& a) {
         a.num_queries = int64_t{1} << 20;
         a.k = std::numeric_limits<int32_t>::max();
       },
       kInvalid, "num_queries x (k + 1) x (k + 1)"},
      {"k 0", kAll, [](auto& a) { a.k = 0; }, kInvalid, "k is 0"},
      {"neighbors NULL", kAll, [](auto& a) { a.null_neighbors = true; }, kInvalid,
       "neighbors is NULL"},
      {"blocks NULL", kAnyBlocks, [](auto& a) { a.null_output = true; }, kInvalid,
       "blocks is NULL"},
      {"covariances NULL", kAnyCovariances, [](auto& a) { a.null_output = true; }, kOk},
      {"rows NULL for some rows", kAll, [](auto& a) { a.null_rows = true; }, kInvalid,
       "must be n = 30"},
      {"a row beyond", kAll, [](auto& a) { a.rows[1] = 30; }, kInvalid, "rows[1] is 30"},
      {"a row -1", kAll, [](auto& a) { a.rows[0] = -1; }, kInvalid, "rows[0] is -1"},
      {"a neighbor beyond", kAll, [](auto& a) { a.neighbors[3] = 30; }, kInvalid,
       "place 1 of query 1 is 30"},
      {"a neighbor -2", kAll, [](auto& a) { a.neighbors[3] = -2; }, kInvalid,
       "place 1 of query 1 is -2"},
      {"the greatest neighbor", kWide, [](auto& a) { a.neighbors[3] = INT64_MAX; }, kInvalid,
       "place 1 of query 1 is 9223372036854775807"},
      {"the greatest 32-bit neighbor", kNarrow, [](auto& a) { a.neighbors[3] = INT32_MAX; },
       kInvalid, "place 1 of query 1 is 2147483647"},
      {"the query itself", kAnyBlocks, [](auto& a) { a.neighbors[1] = 5; }, kInvalid,
       "place 1 of query 0 is 5, the query itself"},
      {"the query itself", kAnyCovariances, [](auto& a) { a.neighbors[1] = 5; }, kOk},
      {"a neighbor twice", kAnyBlocks, [](auto& a) { a.neighbors[3] = 3; }, kInvalid,
       "place 1 of query 1 is 3, which the query has already"},
      {"a neighbor twice", kAnyCovariances, [](auto& a) { a.neighbors[3] = 3; }, kOk},
      {"sets without neighbors", kAll, [](auto& a) { a.neighbors.assign(4, -1); }, kOk},
      {"layout 2", kAll, [](auto& a) { a.options.layout = 2; }, kInvalid, "layout is 2"},
      {"threads -1", kAll, [](auto& a) { a.options.threads = -1; }, kInvalid, "threads is -1"},
      {"message_base 2", kAll, [](auto& a) { a.options.message_base = 2; }, kInvalid,
       "message_base is 2"},
      {"options size 3", kAll, [](auto& a) { a.options.struct_size = 3; }, kInvalid,
       "residual_knn_covariance_options.struct_size is 3"},
      {"base 2", kNarrow, [](auto& a) { a.base = 2; }, kInvalid, "base is 2"},
      {"missing a row", kNarrow, [](auto& a) { a.missing = 7; }, kInvalid, "missing is 7"},
      {"cancelled", kAll, [](auto& a) { a.options.progress = Cancel; },
       RESIDUAL_KNN_ERROR_CANCELLED, "cancelled"},
  };
  return table;
}

Outcome CallWith(const residual_knn_index* index, uint32_t call, const Arguments& a) {
  Poisoned<double> values(2 * 3 * 3);
  Poisoned<double> variances(2);
  const residual_knn_index* const given = a.null_index ? nullptr : index;
  double* const out = a.null_output ? nullptr : values.data();
  const int64_t* const rows = a.null_rows ? nullptr : a.rows.data();
  const int64_t* const neighbors = a.null_neighbors ? nullptr : a.neighbors.data();
  const std::vector<int32_t> rows32(a.rows.begin(), a.rows.end());
  const std::vector<int32_t> neighbors32(a.neighbors.begin(), a.neighbors.end());
  const int32_t* const narrow_rows = a.null_rows ? nullptr : rows32.data();
  const int32_t* const narrow = a.null_neighbors ? nullptr : neighbors32.data();
  residual_knn_status status = RESIDUAL_KNN_ERROR_INTERNAL;
  switch (call) {
    case kCovariances:
      status = residual_knn_covariances(given, rows, a.num_queries, &a.options, a.k, neighbors, out,
                                        variances.data());
      break;
    case kCovariances32:
      status = residual_knn_covariances_int32(given, narrow_rows, a.num_queries, &a.options, a.k,
                                              a.base, a.missing, narrow, out, variances.data());
      break;
    case kBlocks:
      status = residual_knn_covariance_blocks(given, rows, a.num_queries, &a.options, a.k,
                                              neighbors, out);
      break;
    default:
      status = residual_knn_covariance_blocks_int32(given, narrow_rows, a.num_queries, &a.options,
                                                    a.k, a.base, a.missing, narrow, out);
  }
  const bool untouched = values.untouched() && variances.untouched();
  Outcome outcome = OutcomeOf(status, untouched);
  if (status == kOk && untouched != (a.num_queries == 0)) {
    outcome.fault = "the values are not those of the queries";
  }
  return outcome;
}

void TestRefusals(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = SmoothModel(random, 30, 4);
  const CreatedIndex created = CreateIndex(model);
  assert_true(ChangedCallsHold(
      RefusedCalls(),
      {"residual_knn_covariances", "residual_knn_covariances_int32",
       "residual_knn_covariance_blocks", "residual_knn_covariance_blocks_int32"},
      [&](uint32_t call, const Arguments& a) { return CallWith(created.index.get(), call, a); }));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestAgainstDense, &run),
      cmocka_unit_test_prestate(TestSymmetry, &run),
      cmocka_unit_test_prestate(TestRepeats, &run),
      cmocka_unit_test_prestate(TestDegenerate, &run),
      cmocka_unit_test_prestate(TestNewPoints, &run),
      cmocka_unit_test_prestate(TestNewFactor, &run),
      cmocka_unit_test_prestate(TestOtherKind, &run),
      cmocka_unit_test_prestate(TestCallback, &run),
      cmocka_unit_test_prestate(TestRefusals, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
