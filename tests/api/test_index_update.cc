// residual_knn_index_update: an updated index has the same bytes as a new index with the same arguments, independent of
// its earlier state and searches. Also checks the state after a failed update.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualIndices = 25;
constexpr int kSteps = 4;

// One step of an optimizer. `model` has the new hyperparameters; its inducing points are used if `new_inducing`.
residual_knn_status Update(residual_knn_index* index, const Model& model, bool new_inducing,
                           int32_t layout, const residual_knn_model_options& options) {
  const Points& z = model.inducing;
  const std::vector<double> inducing = ToLayout(z.values, z.n, z.d, layout);
  return residual_knn_index_update(index, model.kernel.lengthscales.data(),
                                   static_cast<int64_t>(model.kernel.lengthscales.size()),
                                   new_inducing ? inducing.data() : nullptr, z.n, &options);
}

// Compares all output of an index with that of a new one.
bool IsLikeNew(const residual_knn_index* updated, const Model& model, Random& random) {
  // V stored or computed, whatever the updated index does.
  Model other = model;
  other.factor_storage =
      random.Chance(0.5) ? RESIDUAL_KNN_FACTOR_STORED : RESIDUAL_KNN_FACTOR_COMPUTED;
  const CreatedIndex fresh = CreateIndex(other);
  if (fresh.status != RESIDUAL_KNN_OK) return Fail("the new index was refused");
  if (!FactorOf(updated).SameAs(FactorOf(fresh.index.get()))) return Fail("V or p differ");
  const residual_knn_info info = InfoOf(updated);
  const residual_knn_info expected = InfoOf(fresh.index.get());
  if (info.m != expected.m || info.degenerate_points != expected.degenerate_points ||
      info.jitter != expected.jitter ||
      std::memcmp(info.residual_share, expected.residual_share, sizeof info.residual_share) != 0) {
    return Fail("the info differs");
  }
  RandomModel asked;
  asked.model = model;
  for (int i = 0; i < 3; ++i) {
    const Question question = DrawQuestion(random, asked);
    Manner manner = DrawManner(random, model.points.n, RESIDUAL_KNN_ABSOLUTE);
    manner.strategy = kAllStrategies[random.Integer(0, std::ssize(kAllStrategies) - 1)];
    if (!Ask(updated, question, manner).SameAs(Ask(fresh.index.get(), question, {}))) {
      return Fail(Describe(question) + ", " + Describe(manner) + ": answers differ");
    }
  }
  return true;
}

// Other hyperparameters, and sometimes other inducing points, more or fewer.
bool ChangeModel(Random& random, Model& model) {
  for (double& lengthscale : model.kernel.lengthscales) lengthscale *= random.Uniform(0.4, 2.5);
  model.kernel.variance *= random.Uniform(0.5, 2);
  model.nugget = random.Chance(0.5) ? 0 : random.Uniform(0, 0.3);
  if (random.Chance(0.3)) model.kernel.family = RESIDUAL_KNN_MATERN52;
  if (!random.Chance(0.5)) return false;
  model.inducing = RandomRowsOf(random, model.points, random.Integer(1, 50));
  return true;
}

bool StepsHold(uint64_t seed, int64_t& refused) {
  Random random(seed);
  RandomModel drawn = DrawModel(random);
  Model& model = drawn.model;
  model.jitter = 1e-6;
  if (model.inducing.n == 0) model.inducing = RandomRowsOf(random, model.points, 3);
  const CreatedIndex created = CreateIndex(model);
  if (created.status != RESIDUAL_KNN_OK) {
    ++refused;
    return true;
  }
  residual_knn_index* index = created.index.get();
  for (int step = 0; step < kSteps; ++step) {
    const Model before = model;
    const bool new_inducing = ChangeModel(random, model);
    const int32_t layout =
        random.Chance(0.5) ? RESIDUAL_KNN_POINT_MAJOR : RESIDUAL_KNN_DIMENSION_MAJOR;
    const residual_knn_model_options options =
        ModelOptions(model, layout, static_cast<int32_t>(random.Integer(1, 3)));
    const residual_knn_status status = Update(index, model, new_inducing, layout, options);
    if (status != CreateIndex(model).status) return Fail(seed, "another status than a new index");
    if (status != RESIDUAL_KNN_OK) model = before;
    if (!IsLikeNew(index, model, random)) {
      return Fail(seed, drawn.description + ", step " + std::to_string(step));
    }
  }
  return true;
}

void TestLikeNew(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  int64_t refused = 0;
  for (int64_t i = 0; i < run.Scaled(kUsualIndices); ++i) {
    assert_true(StepsHold(run.seed + static_cast<uint64_t>(i), refused));
  }
  std::printf("%lld models refused\n", static_cast<long long>(refused));
  assert_true(2 * refused < run.Scaled(kUsualIndices));
}

// An index large enough for trees and for scans in integers. An update must discard their data.
Model LargeModel(Random& random, int64_t n = 6000, int64_t m = 40) {
  Model model;
  model.kernel.lengthscales = {0.2, 0.3};
  model.points = RandomPoints(random, Shape::kUniform, n, 2);
  model.inducing = RandomRowsOf(random, model.points, m);
  return model;
}

void TestPreparationsAreRenewed(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  Model model = LargeModel(random);
  const CreatedIndex created = CreateIndex(model);
  assert_int_equal(created.status, RESIDUAL_KNN_OK);
  Question question;
  question.k = 12;
  question.kind = QueryKind::kPredecessors;
  const int64_t queries = run.Scaled(1200);
  for (int64_t q = 0; q < queries; ++q) question.rows.push_back(q * model.points.n / queries);
  for (const std::vector<double>& lengthscales :
       {std::vector<double>{0.2, 0.3}, {0.21, 0.33}, {0.05, 0.9}, {0.4}}) {
    model.kernel.lengthscales = lengthscales;
    assert_int_equal(Update(created.index.get(), model, false, RESIDUAL_KNN_POINT_MAJOR,
                            ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, 2)),
                     RESIDUAL_KNN_OK);
    const CreatedIndex fresh = CreateIndex(model);
    for (const int32_t strategy : kAllStrategies) {
      Manner manner;
      manner.strategy = strategy;
      manner.threads = 2;
      const Answer updated = Ask(created.index.get(), question, manner);
      assert_int_equal(updated.status, RESIDUAL_KNN_OK);
      assert_true(updated.SameAs(Ask(fresh.index.get(), question, manner)));
    }
  }
}

// Watches one stage of an update, identified by its total: the factor reports m pivots, V and p report n points.
struct Watcher {
  int64_t total = 0;
  bool cancels = false;
  int64_t calls = 0;  // in that stage
};

int32_t Watch(void* user, int64_t /*done*/, int64_t total) {
  auto& watcher = *static_cast<Watcher*>(user);
  if (total != watcher.total) return 0;
  ++watcher.calls;
  return watcher.cancels ? 1 : 0;
}

residual_knn_status UpdateWatched(residual_knn_index* index, const Model& model, Watcher& watcher) {
  residual_knn_model_options options = ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, 1);
  options.progress = Watch;
  options.progress_user = &watcher;
  return Update(index, model, true, RESIDUAL_KNN_POINT_MAJOR, options);
}

struct UpdateInStages {
  Model before;
  Model after;  // other lengthscales and inducing points
  CreatedIndex created;
};

constexpr int64_t kMostPoints = 160'000;

// Callbacks have a fixed interval. Chooses the number of points for this machine so that there are several callbacks
// while V is computed, and certainly one in the next run.
constexpr int64_t kEnoughCalls = 3;
UpdateInStages DrawUpdateInStages(const TestRun& run) {
  for (int64_t n = std::max<int64_t>(run.Scaled(10'000), 5000); n <= kMostPoints; n *= 2) {
    Random random(run.seed);
    UpdateInStages drawn;
    drawn.before = LargeModel(random, n, 600);
    drawn.after = drawn.before;
    drawn.after.kernel.lengthscales = {0.1, 0.2};
    drawn.after.inducing = RandomRowsOf(random, drawn.before.points, 590);
    drawn.created = CreateIndex(drawn.before);
    Watcher watcher{n};
    residual_knn_index* index = drawn.created.index.get();
    if (UpdateWatched(index, drawn.after, watcher) != RESIDUAL_KNN_OK) break;
    if (watcher.calls < kEnoughCalls) continue;
    if (Update(index, drawn.before, true, RESIDUAL_KNN_POINT_MAJOR,
               ModelOptions(drawn.before, RESIDUAL_KNN_POINT_MAJOR, 1)) != RESIDUAL_KNN_OK) {
      break;
    }
    return drawn;
  }
  return {};
}

// If an update is cancelled before it changed the index, the index is unchanged. If it is cancelled later, the index is
// empty, and the next update makes it usable again.
void TestCancelledUpdate(void** state) {
  const UpdateInStages drawn = DrawUpdateInStages(*static_cast<const TestRun*>(*state));
  residual_knn_index* index = drawn.created.index.get();
  assert_non_null(index);  // otherwise no callback came while V was computed
  const int64_t n = drawn.before.points.n;
  Question question;
  question.k = 5;
  question.rows = {0, 17, 4999};
  const Answer before = Ask(index, question);
  assert_int_equal(before.status, RESIDUAL_KNN_OK);

  const int64_t m = drawn.after.inducing.n;
  Watcher in_factor{m * (m + 1) / 2, true};  // elements of L
  assert_int_equal(UpdateWatched(index, drawn.after, in_factor), RESIDUAL_KNN_ERROR_CANCELLED);
  assert_true(Ask(index, question).SameAs(before));

  Watcher in_points{n, true};
  assert_int_equal(UpdateWatched(index, drawn.after, in_points), RESIDUAL_KNN_ERROR_CANCELLED);
  assert_int_equal(Ask(index, question).status, RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
  assert_non_null(std::strstr(residual_knn_last_error(), "update"));
  std::vector<double> p(static_cast<size_t>(n));
  assert_int_equal(residual_knn_index_factor(index, RESIDUAL_KNN_POINT_MAJOR, nullptr, p.data()),
                   RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(Update(index, drawn.before, false, RESIDUAL_KNN_POINT_MAJOR,
                          ModelOptions(drawn.before, RESIDUAL_KNN_POINT_MAJOR, 1)),
                   RESIDUAL_KNN_OK);
  assert_true(Ask(index, question).SameAs(before));
}

// Wrong arguments are reported before anything changes.
void TestBadUpdates(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const Model model = LargeModel(random);
  const CreatedIndex created = CreateIndex(model);
  residual_knn_index* index = created.index.get();
  Question question;
  question.k = 5;
  question.rows = {0, 17, 4999};
  const Answer before = Ask(index, question);
  const residual_knn_model_options options = ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, 1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double good[] = {0.2, 0.3};
  const double bad[] = {0.2, nan};
  const double twins[] = {0.5, 0.5, 0.5, 0.5};
  residual_knn_model_options no_jitter = options;
  no_jitter.jitter = 0;
  residual_knn_model_options bad_variance = options;
  bad_variance.variance = -1;
  const struct {
    residual_knn_index* index;
    const double* lengthscales;
    int64_t num_lengthscales;
    const double* inducing;
    int64_t m;
    const residual_knn_model_options* options;
    residual_knn_status status;
  } cases[] = {
      {nullptr, good, 2, nullptr, 0, &options, RESIDUAL_KNN_ERROR_INVALID_ARGUMENT},
      {index, nullptr, 2, nullptr, 0, &options, RESIDUAL_KNN_ERROR_INVALID_ARGUMENT},
      {index, bad, 2, nullptr, 0, &options, RESIDUAL_KNN_ERROR_INVALID_ARGUMENT},
      {index, good, 3, nullptr, 0, &options, RESIDUAL_KNN_ERROR_INVALID_ARGUMENT},
      {index, good, 2, bad, 1, &options, RESIDUAL_KNN_ERROR_INVALID_ARGUMENT},
      {index, good, 2, good, 0, &options, RESIDUAL_KNN_ERROR_INVALID_ARGUMENT},
      {index, good, 2, good, -1, &options, RESIDUAL_KNN_ERROR_INVALID_ARGUMENT},
      {index, good, 2, good, int64_t{1} << 62, &options, RESIDUAL_KNN_ERROR_INVALID_ARGUMENT},
      {index, good, 2, nullptr, 0, &bad_variance, RESIDUAL_KNN_ERROR_INVALID_ARGUMENT},
      {index, good, 2, twins, 2, &no_jitter, RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE},
  };
  for (const auto& c : cases) {
    assert_int_equal(residual_knn_index_update(c.index, c.lengthscales, c.num_lengthscales,
                                               c.inducing, c.m, c.options),
                     c.status);
    assert_true(Ask(index, question).SameAs(before));
  }
  // Without inducing points, V cannot be computed.
  const CreatedIndex given = CreateIndexFromFactor(model, FactorOf(index));
  assert_int_equal(residual_knn_index_update(given.index.get(), good, 2, nullptr, 0, &options),
                   RESIDUAL_KNN_ERROR_UNSUPPORTED);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestLikeNew, &run),
      cmocka_unit_test_prestate(TestPreparationsAreRenewed, &run),
      cmocka_unit_test_prestate(TestCancelledUpdate, &run),
      cmocka_unit_test_prestate(TestBadUpdates, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
