// An index that does not store V answers every function with the bytes of an index that does, and takes less memory.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualModels = 40;
constexpr int64_t kNeighbors = 7;
constexpr int kSearchesForTree = 8;

// The bytes of all outputs of a call, after its status.
using Bytes = std::vector<unsigned char>;

template <class T>
void Add(Bytes& bytes, const std::vector<T>& values) {
  const auto* first = reinterpret_cast<const unsigned char*>(values.data());
  bytes.insert(bytes.end(), first, first + values.size() * sizeof(T));
}
void Add(Bytes& bytes, residual_knn_status status) { Add(bytes, std::vector{status}); }

// One function of the interface, asked about an index with n points.
struct Call {
  const char* name;
  std::function<Bytes(const residual_knn_index*, int64_t n)> ask;
};

Bytes AskSearch(const residual_knn_index* index, int64_t n, const Manner& manner, QueryKind kind) {
  const Answer answer = Ask(index, AllRows(kind, n, kNeighbors), manner);
  Bytes bytes;
  Add(bytes, answer.status);
  Add(bytes, answer.neighbors);
  Add(bytes, answer.distances);
  Add(bytes, answer.variances);
  return bytes;
}

// The neighbors of all rows, from which sets of other functions are made.
std::vector<int64_t> SetsOf(const residual_knn_index* index, int64_t n) {
  return Ask(index, AllRows(QueryKind::kPredecessors, n, kNeighbors)).neighbors;
}

Bytes AskWeights(const residual_knn_index* index, int64_t n) {
  const std::vector<int64_t> sets = SetsOf(index, n);
  std::vector<double> weights(sets.size());
  std::vector<double> variances(static_cast<size_t>(n));
  residual_knn_weights_options options;
  residual_knn_weights_options_init(&options, sizeof options);
  options.jitter = 1e-6;
  Bytes bytes;
  Add(bytes, residual_knn_weights(index, nullptr, n, &options, kNeighbors, sets.data(),
                                  weights.data(), variances.data(), nullptr));
  Add(bytes, weights);
  Add(bytes, variances);
  return bytes;
}

Bytes AskCovariances(const residual_knn_index* index, int64_t n) {
  const std::vector<int64_t> sets = SetsOf(index, n);
  std::vector<double> covariances(sets.size());
  residual_knn_covariance_options options;
  residual_knn_covariance_options_init(&options, sizeof options);
  Bytes bytes;
  Add(bytes, residual_knn_covariances(index, nullptr, n, &options, kNeighbors, sets.data(),
                                      covariances.data(), nullptr));
  Add(bytes, covariances);
  std::vector<double> blocks(static_cast<size_t>(n * (kNeighbors + 1) * (kNeighbors + 1)));
  Add(bytes, residual_knn_covariance_blocks(index, nullptr, n, &options, kNeighbors, sets.data(),
                                            blocks.data()));
  Add(bytes, blocks);
  return bytes;
}

Bytes AskGroups(const residual_knn_index* index, int64_t n, int32_t selection) {
  // Consecutive rows, one to five together.
  std::vector<int64_t> offsets = {0};
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < n; ++row) {
    rows.push_back(row);
    if (row % 5 == 4 || row % 7 == 0 || row == n - 1) offsets.push_back(row + 1);
  }
  const int64_t groups = std::ssize(offsets) - 1;
  std::vector<int64_t> neighbors(static_cast<size_t>(groups * kNeighbors));
  std::vector<double> distances(neighbors.size());
  residual_knn_search_options options = SearchOptions();
  options.selection = selection;
  Bytes bytes;
  Add(bytes,
      residual_knn_group_predecessors(index, offsets.data(), groups, rows.data(), &options,
                                      kNeighbors, neighbors.data(), distances.data(), nullptr));
  Add(bytes, neighbors);
  Add(bytes, distances);
  return bytes;
}

Bytes AskOrder(const residual_knn_index* index, int64_t n) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  const residual_knn_helper_options options = HelperOptions();
  Bytes bytes;
  Add(bytes, residual_knn_index_order(index, &options, order.data()));
  Add(bytes, order);
  return bytes;
}

Bytes AskFactor(const residual_knn_index* index, int64_t /*n*/) {
  Bytes bytes;
  for (const int32_t layout : {RESIDUAL_KNN_POINT_MAJOR, RESIDUAL_KNN_DIMENSION_MAJOR}) {
    const FactorCopy factor = FactorOf(index, layout);
    Add(bytes, factor.v);
    Add(bytes, factor.p);
  }
  return bytes;
}

std::vector<Call> AllCalls() {
  std::vector<Call> calls = {{"weights", AskWeights},
                             {"covariances", AskCovariances},
                             {"order", AskOrder},
                             {"factor", AskFactor}};
  for (const int32_t strategy : kAllStrategies) {
    for (const QueryKind kind : {QueryKind::kNeighbors, QueryKind::kPredecessors}) {
      Manner manner;
      manner.strategy = strategy;
      manner.threads = 2;
      calls.push_back(
          {residual_knn_strategy_name(strategy), [=](const residual_knn_index* index, int64_t n) {
             return AskSearch(index, n, manner, kind);
           }});
    }
  }
  for (const int32_t selection : {RESIDUAL_KNN_SELECT_NEAREST, RESIDUAL_KNN_SELECT_CONDITIONAL}) {
    Manner manner;
    manner.selection = selection;
    calls.push_back({"selection", [=](const residual_knn_index* index, int64_t n) {
                       return AskSearch(index, n, manner, QueryKind::kPredecessors);
                     }});
    calls.push_back({"groups", [=](const residual_knn_index* index, int64_t n) {
                       return AskGroups(index, n, selection);
                     }});
  }
  return calls;
}

bool SameAnswers(const Model& model, const std::string& description) {
  Model computed = model;
  computed.factor_storage = RESIDUAL_KNN_FACTOR_COMPUTED;
  Model stored = model;
  stored.factor_storage = RESIDUAL_KNN_FACTOR_STORED;
  const CreatedIndex one = CreateIndex(stored, RESIDUAL_KNN_POINT_MAJOR, 2);
  const CreatedIndex other = CreateIndex(computed, RESIDUAL_KNN_POINT_MAJOR, 3);
  if (one.status != other.status) return Fail(description + ": the statuses differ");
  if (one.status != RESIDUAL_KNN_OK) return true;
  const int64_t n = model.points.n;
  for (const Call& call : AllCalls()) {
    if (call.ask(one.index.get(), n) != call.ask(other.index.get(), n)) {
      return Fail(description + ": " + call.name + " differs");
    }
  }
  return true;
}

void TestSameBytes(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  for (int64_t i = 0; i < run.Scaled(kUsualModels); ++i) {
    const uint64_t seed = run.seed + static_cast<uint64_t>(i);
    Random random(seed);
    const RandomModel drawn = DrawModel(random);
    if (!SameAnswers(drawn.model, drawn.description)) {
      Fail(seed, "a random model");
      fail();
    }
  }
}

// Lists longer than half of the cache, which holds at most n rows, are computed beside it.
void TestLongLists(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  Model model = PlainModel(random, 1500, 5);
  Question question = AllRows(QueryKind::kNeighbors, 1500, 1400);
  question.all_rows = false;
  question.rows = {3, 700, 1499};
  const CreatedIndex stored = CreateIndex(model);
  model.factor_storage = RESIDUAL_KNN_FACTOR_COMPUTED;
  const CreatedIndex computed = CreateIndex(model);
  for (const int32_t strategy : kAllStrategies) {
    Manner manner;
    manner.strategy = strategy;
    assert_true(Ask(stored.index.get(), question, manner)
                    .SameAs(Ask(computed.index.get(), question, manner)));
  }
}

// 8 m bytes a point less; what searches prepare counts too.
void TestTakesLessMemory(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const int64_t n = 9000;
  const int64_t m = 60;
  Model model = PlainModel(random, n, m);
  const CreatedIndex stored = CreateIndex(model);
  model.factor_storage = RESIDUAL_KNN_FACTOR_COMPUTED;
  const CreatedIndex computed = CreateIndex(model);
  assert_int_equal(computed.status, RESIDUAL_KNN_OK);
  assert_int_equal(InfoOf(stored.index.get()).bytes - InfoOf(computed.index.get()).bytes,
                   n * m * static_cast<int64_t>(sizeof(double)));
  Manner manner;
  manner.strategy = RESIDUAL_KNN_DUAL_TREE;
  const Question question = EveryRow(QueryKind::kPredecessors, n, 13, 5);
  for (const CreatedIndex* created : {&stored, &computed}) {
    Ask(created->index.get(), question, manner);
  }
  const auto of_point = [n](const CreatedIndex& created) {
    return static_cast<double>(InfoOf(created.index.get()).bytes) / static_cast<double>(n);
  };
  std::printf("bytes a point with trees: %.0f with V, %.0f without\n", of_point(stored),
              of_point(computed));
  // The trees keep V in single precision as well if it is stored: 4 m bytes a point for each tree.
  assert_true(of_point(computed) < of_point(stored) - 11 * m);
}

// Every limit gives the same answers within it, or an error that tells what is needed.
void TestMemoryLimit(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const int64_t n = 5000;
  const int64_t m = 50;
  const Model model = PlainModel(random, n, m);
  const CreatedIndex unlimited = CreateIndex(model);
  const Question question = AllRows(QueryKind::kNeighbors, n, 6);
  const Answer expected = Ask(unlimited.index.get(), question);
  residual_knn_model_options options = ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, 2);
  const auto create = [&] {
    residual_knn_index* index = nullptr;
    CreatedIndex created;
    created.status = residual_knn_index_create(
        model.points.values.data(), n, model.points.d, model.kernel.lengthscales.data(),
        std::ssize(model.kernel.lengthscales), model.inducing.values.data(), m, &options, &index);
    created.index.reset(index);
    return created;
  };
  const int64_t without = n * (6 * 8 + 32) + m * (m + 4) * 8;
  const int64_t v = n * m * 8;
  bool has_stored = false;
  bool has_computed = false;
  bool has_tree = false;
  bool has_scan = false;
  for (const double times : {0.0, 0.1, 0.3, 0.6, 1.0, 2.1, 12.0}) {
    options.max_bytes = without + 1000 + static_cast<int64_t>(times * static_cast<double>(v));
    const CreatedIndex created = create();
    assert_int_equal(created.status, RESIDUAL_KNN_OK);
    const bool stored = InfoOf(created.index.get()).bytes > v;
    (stored ? has_stored : has_computed) = true;
    for (const int32_t strategy :
         {RESIDUAL_KNN_AUTOMATIC, RESIDUAL_KNN_BRUTE_FORCE, RESIDUAL_KNN_DUAL_TREE}) {
      Manner manner;
      manner.strategy = strategy;
      manner.threads = 2;
      const Answer answer = Ask(created.index.get(), question, manner);
      if (answer.status == RESIDUAL_KNN_ERROR_OUT_OF_MEMORY) {
        assert_true(strategy > RESIDUAL_KNN_BRUTE_FORCE);
        assert_non_null(std::strstr(residual_knn_last_error(), "max_bytes leaves"));
        continue;
      }
      assert_true(answer.SameAs(expected));
      has_tree |= answer.statistics.coarse_blocks > 0;
    }
    // The work of small searches is added up until a tree would pay.
    for (int i = 0; i < kSearchesForTree && times == 0.3; ++i) {
      has_scan |=
          Ask(created.index.get(), question).statistics.reason == RESIDUAL_KNN_REASON_MEMORY_LIMIT;
    }
    const int64_t bytes = InfoOf(created.index.get()).bytes;
    if (bytes > options.max_bytes) {
      std::printf("%lld bytes, limit %lld\n", static_cast<long long>(bytes),
                  static_cast<long long>(options.max_bytes));
    }
    assert_true(bytes <= options.max_bytes);
  }
  assert_true(has_stored && has_computed && has_tree && has_scan);
  options.max_bytes = without / 2;
  assert_int_equal(create().status, RESIDUAL_KNN_ERROR_OUT_OF_MEMORY);
  assert_non_null(std::strstr(residual_knn_last_error(), "without V"));
  options.max_bytes = without + v / 2;
  options.factor_storage = RESIDUAL_KNN_FACTOR_STORED;
  assert_int_equal(create().status, RESIDUAL_KNN_ERROR_OUT_OF_MEMORY);
  assert_non_null(std::strstr(residual_knn_last_error(), "with V"));
  options.max_bytes = -1;
  assert_int_equal(create().status, RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
}

// Smoothnesses with tables of many sizes; 1.5 has none.
constexpr double kSmoothnesses[] = {1.5, 1e-3, 0.3, 1.2, 50};

// The limit that the error names suffices, for kernels with tables as well.
void TestLimitCountsKernel(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const int64_t n = 300;
  Model model = PlainModel(random, n, 10);
  const FactorCopy factor = FactorOf(CreateIndex(model).index.get());
  model.kernel.family = RESIDUAL_KNN_MATERN;
  using Create = std::function<CreatedIndex()>;
  for (const Create& create : {Create([&] { return CreateIndex(model); }),
                               Create([&] { return CreateIndexFromFactor(model, factor); })}) {
    for (const double nu : kSmoothnesses) {
      model.kernel.nu = nu;
      model.max_bytes = 1;
      assert_int_equal(create().status, RESIDUAL_KNN_ERROR_OUT_OF_MEMORY);
      const int64_t needed = NumberInErrorAfter("the index needs ");
      model.max_bytes = needed - 1;
      assert_int_equal(create().status, RESIDUAL_KNN_ERROR_OUT_OF_MEMORY);
      model.max_bytes = needed;
      const CreatedIndex created = create();
      assert_int_equal(created.status, RESIDUAL_KNN_OK);
      assert_true(InfoOf(created.index.get()).bytes <= needed);
    }
  }
}

void TestLimitOfUpdateCountsKernel(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  Model model = PlainModel(random, 300, 10);
  model.kernel.family = RESIDUAL_KNN_MATERN;
  model.kernel.nu = 1.5;
  model.factor_storage = RESIDUAL_KNN_FACTOR_STORED;
  const auto update = [&](const CreatedIndex& created, double nu) {
    residual_knn_model_options options = ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, 1);
    options.nu = nu;
    return residual_knn_index_update(created.index.get(), model.kernel.lengthscales.data(),
                                     std::ssize(model.kernel.lengthscales), nullptr, 0, &options);
  };
  for (const double nu : {1e-3, 0.7, 50.0}) {
    model.max_bytes = 50'000;
    const CreatedIndex small = CreateIndex(model);
    const Question question = AllRows(QueryKind::kNeighbors, 300, 5);
    const Answer expected = Ask(small.index.get(), question);
    assert_int_equal(expected.status, RESIDUAL_KNN_OK);
    assert_int_equal(update(small, nu), RESIDUAL_KNN_ERROR_OUT_OF_MEMORY);
    // The index is as it was.
    assert_true(Ask(small.index.get(), question).SameAs(expected));
    model.max_bytes = NumberInErrorAfter("the index needs ");
    const CreatedIndex created = CreateIndex(model);
    assert_int_equal(update(created, nu), RESIDUAL_KNN_OK);
    assert_true(InfoOf(created.index.get()).bytes <= model.max_bytes);
  }
}

void TestRefused(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const Model model = PlainModel(random, 30, 4);
  const CreatedIndex created = CreateIndex(model);
  const FactorCopy factor = FactorOf(created.index.get());
  residual_knn_model_options options = ModelOptions();
  options.factor_storage = RESIDUAL_KNN_FACTOR_COMPUTED;
  const double lengthscale = 0.2;
  residual_knn_index* index = nullptr;
  assert_int_equal(residual_knn_index_create_from_factor(
                       factor.v.data(), factor.m, factor.p.data(), model.points.values.data(), 30,
                       model.points.d, &lengthscale, 1, &options, &index),
                   RESIDUAL_KNN_ERROR_UNSUPPORTED);
  for (const int32_t storage : {-1, 3, 1 << 20}) {
    options.factor_storage = storage;
    assert_int_equal(
        residual_knn_index_create(model.points.values.data(), 30, model.points.d, &lengthscale, 1,
                                  model.inducing.values.data(), 4, &options, &index),
        RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
    assert_non_null(std::strstr(residual_knn_last_error(), "factor_storage"));
  }
  assert_null(index);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestSameBytes, &run),
      cmocka_unit_test_prestate(TestLongLists, &run),
      cmocka_unit_test_prestate(TestTakesLessMemory, &run),
      cmocka_unit_test_prestate(TestMemoryLimit, &run),
      cmocka_unit_test_prestate(TestLimitCountsKernel, &run),
      cmocka_unit_test_prestate(TestLimitOfUpdateCountsKernel, &run),
      cmocka_unit_test_prestate(TestRefused, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
