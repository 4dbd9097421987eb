// Searches whose answers go to a sink: the same bytes as without it for all kinds of questions, sizes of batches, both
// orders, strategies, layouts and widths of row numbers; cancelled at any delivery; with calls of the library from the
// sink; and refused where the options do not fit together.
//
// Searches of small problems have one section, which goes to the sink in batches. test_section_search has many sections of
// small problems; here, a large k makes sections small.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/strategy_problem.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualCases = 40;

std::string Describe(const SinkManner& sink) {
  return "batches of " + std::to_string(sink.sink_queries) + " in order " +
         std::to_string(sink.sink_order) + ": ";
}

bool HasSameCounts(const residual_knn_statistics& a, const residual_knn_statistics& b) {
  return a.queries == b.queries && a.pairs == b.pairs &&
         a.uninformative_queries == b.uninformative_queries &&
         a.nearest_lengthscales == b.nearest_lengthscales && a.coarse_queries == b.coarse_queries &&
         a.coarse_query == b.coarse_query && a.candidates == b.candidates &&
         a.uninformative_picks == b.uninformative_picks;
}

bool SinkHolds(const residual_knn_index* index, const Question& question, const Manner& manner,
               const SinkManner& sink, const Answer& expected) {
  const SinkAnswer got = AskSink(index, question, manner, sink);
  if (got.answer.status != expected.status) {
    return Fail(Describe(sink) + "status " + std::to_string(got.answer.status) + ": " +
                residual_knn_last_error());
  }
  if (expected.status != RESIDUAL_KNN_OK) return got.deliveries == 0 || Fail("delivered an error");
  if (!got.problem.empty()) return Fail(Describe(sink) + got.problem);
  if (!got.answer.SameAs(expected)) return Fail(Describe(sink) + "another answer");
  return HasSameCounts(got.answer.statistics, expected.statistics) ||
         Fail(Describe(sink) + "other statistics");
}

// Batches of one, some, all and more queries, in both orders.
bool AllSinksHold(const residual_knn_index* index, const Question& question, const Manner& manner,
                  const Answer& expected) {
  const int64_t count = question.count();
  for (const int32_t order : {RESIDUAL_KNN_SINK_BY_QUERY, RESIDUAL_KNN_SINK_BY_SPACE}) {
    for (const int64_t most : {int64_t{0}, int64_t{1}, int64_t{7}, std::max<int64_t>(count, 1),
                               count + 1, std::numeric_limits<int64_t>::max()}) {
      if (!SinkHolds(index, question, manner, {most, order}, expected)) return false;
    }
  }
  return true;
}

bool QuestionHolds(uint64_t seed) {
  Random random(seed);
  const RandomModel model = DrawModel(random);
  const CreatedIndex created = CreateIndex(model.model);
  if (created.status != RESIDUAL_KNN_OK) return true;  // refused: other tests look at this
  const Question question = DrawQuestion(random, model);
  Manner manner = DrawManner(random, model.model.points.n,
                             static_cast<int32_t>(random.Integer(0, RESIDUAL_KNN_SCALED_DISTANCE)));
  if (random.Chance(0.3)) {
    manner.ranking = RESIDUAL_KNN_ABSOLUTE;
    manner.selection = RESIDUAL_KNN_SELECT_CONDITIONAL;
  }
  StartRows start;
  CandidateRows lists;
  if (random.Chance(0.3)) {
    lists.offsets.push_back(0);
    for (int64_t i = 0; i < question.count(); ++i) {
      for (const int64_t row :
           RandomRowNumbers(random, model.model.points.n, random.Integer(0, 20))) {
        lists.rows.push_back(random.Chance(0.1) ? -1 : row);
      }
      lists.offsets.push_back(std::ssize(lists.rows));
    }
    manner.lists = &lists;
  } else if (random.Chance(0.3)) {
    start.k = 5;
    start.rows = RandomRowNumbers(random, model.model.points.n, 5 * question.count());
    manner.start = &start;
  }
  const Answer expected = Ask(created.index.get(), question, manner);
  return AllSinksHold(created.index.get(), question, manner, expected) ||
         Fail(seed, model.description + ", " + residual_knn_test::Describe(question) + ", " +
                        residual_knn_test::Describe(manner));
}

// Indexes made in all ways, also with a covariance callback.
bool EntranceHolds(uint64_t seed) {
  StrategyProblem problem(seed);
  if (problem.index() == nullptr) return true;
  Random random(seed + 1'000'000'007);
  for (const Question& question : problem.questions()) {
    Manner manner;
    manner.strategy = static_cast<int32_t>(random.Integer(0, RESIDUAL_KNN_DUAL_TREE));
    manner.threads = static_cast<int32_t>(random.Integer(1, 3));
    const Answer expected = problem.AskThis(question, manner);
    const SinkManner sink{random.LogInteger(1, 1000), static_cast<int32_t>(random.Integer(0, 1))};
    std::string wrong;
    const Answer got = problem.WithQueriesOf(question, [&] {
      SinkAnswer answer = AskSink(problem.index(), question, manner, sink);
      wrong = answer.problem;
      return answer.answer;
    });
    if (!wrong.empty() || !got.SameAs(expected)) {
      return Fail(seed, problem.description() + ", " + Describe(sink) + wrong);
    }
  }
  return true;
}

// ------------------------------------------------------------------------- many sections

// k is so large that a section has 1,024 queries.
bool SectionsHold(const TestRun& run) {
  Random random(run.seed);
  const Model model = PlainModel(random, 2500, 30);
  const CreatedIndex created = CreateIndex(model);
  Question question = AllRows(QueryKind::kPredecessors, model.points.n, 4096);
  std::reverse(question.rows.begin(), question.rows.end());
  question.all_rows = false;
  CandidateRows lists;
  lists.offsets.push_back(0);
  for (int64_t i = 0; i < question.count(); ++i) {
    for (const int64_t row : RandomRowNumbers(random, model.points.n, 40))
      lists.rows.push_back(row);
    lists.offsets.push_back(std::ssize(lists.rows));
  }
  Manner manner;
  manner.lists = &lists;
  manner.threads = 2;
  const Answer expected = Ask(created.index.get(), question, manner);
  for (const int32_t order : {RESIDUAL_KNN_SINK_BY_QUERY, RESIDUAL_KNN_SINK_BY_SPACE}) {
    // By sections; by batches that do not divide 1,024; and in batches that are larger than a section.
    for (const int64_t most : {0, 100, 2000}) {
      if (!SinkHolds(created.index.get(), question, manner, {most, order}, expected)) return false;
    }
    // A section is searched when the sink has got the one before.
    const SinkAnswer by_section =
        AskSink(created.index.get(), question, manner, {0, order, 0, nullptr});
    if (by_section.deliveries != 3) {
      return Fail(std::to_string(by_section.deliveries) + " deliveries of 2,500 queries");
    }
  }
  return true;
}

// ------------------------------------------------------------------------- cancelling

bool CancelHolds(const TestRun& run) {
  Random random(run.seed);
  const Model model = PlainModel(random, 300, 20);
  const CreatedIndex created = CreateIndex(model);
  const Question question = AllRows(QueryKind::kNeighbors, 300, 5);
  Manner manner;
  manner.threads = 2;
  const Answer expected = Ask(created.index.get(), question, manner);
  for (int64_t at = 1; at <= 43; ++at) {
    const SinkAnswer got = AskSink(created.index.get(), question, manner,
                                   {7, RESIDUAL_KNN_SINK_BY_QUERY, at, nullptr});
    if (got.answer.status != RESIDUAL_KNN_ERROR_CANCELLED || got.deliveries != at) {
      return Fail("cancelled at " + std::to_string(at) + ": status " +
                  std::to_string(got.answer.status));
    }
    if (std::string(residual_knn_last_error()).find("the sink cancelled") == std::string::npos) {
      return Fail(residual_knn_last_error());
    }
    if (!got.problem.empty()) return Fail(got.problem);
    // What has been delivered is right.
    const int64_t delivered = std::min<int64_t>(7 * at, 300);
    for (int64_t i = 0; i < delivered * question.k; ++i) {
      if (got.answer.neighbors[i] != expected.neighbors[i]) return Fail("another neighbor");
    }
    if (std::count(got.got.begin(), got.got.end(), true) != delivered) return Fail("the count");
  }
  // The index is as good as before.
  return Ask(created.index.get(), question, manner).SameAs(expected) || Fail("another index");
}

// ------------------------------------------------------------------------- calls from the sink

bool NestedCallsHold(const TestRun& run) {
  Random random(run.seed);
  const Model model = PlainModel(random, run.Scaled(2000), 30);
  const Question question = AllRows(QueryKind::kPredecessors, model.points.n, 5);
  for (const int32_t strategy : kAllStrategies) {
    const CreatedIndex created = CreateIndex(model);
    Manner manner;
    manner.strategy = strategy;
    manner.threads = 2;
    const Answer expected = Ask(CreateIndex(model).index.get(), question, manner);
    bool same = true;
    int64_t calls = 0;
    SinkManner sink{model.points.n / 3 + 1};
    sink.act = [&] {
      ++calls;
      // A search with a sink of its own, and one without.
      same = same && Ask(created.index.get(), question, manner).SameAs(expected) &&
             AskSink(created.index.get(), question, manner, {50}).answer.SameAs(expected);
    };
    const SinkAnswer got = AskSink(created.index.get(), question, manner, sink);
    if (!same || !got.problem.empty() || !got.answer.SameAs(expected) || calls != 3) {
      return Fail(std::string(residual_knn_strategy_name(strategy)) + ": " + got.problem);
    }
  }
  return true;
}

// ------------------------------------------------------------------------- bad options

int32_t Nothing(void* /*user*/, const residual_knn_batch* /*batch*/) { return 0; }

struct BadCall {
  const char* text;  // in the message
  int64_t* neighbors = nullptr;
  double* distances = nullptr;
  double* variances = nullptr;
  residual_knn_sink sink = Nothing;
  int64_t sink_queries = 0;
  int32_t sink_order = 0;
  int32_t sink_reserved = 0;
};

bool BadOptionsAreRefused(const TestRun& run) {
  Random random(run.seed);
  const Model model = PlainModel(random, 30, 5);
  const CreatedIndex created = CreateIndex(model);
  std::vector<int64_t> rows(60);
  std::vector<double> values(60);
  const BadCall calls[] = {
      {"neighbors must be NULL with a sink", rows.data()},
      {"distances must be NULL with a sink", nullptr, values.data()},
      {"conditional_variances must be NULL with a sink", nullptr, nullptr, values.data()},
      {"neighbors is NULL", nullptr, nullptr, nullptr, nullptr},
      {"sink_queries is 3, but sink is NULL", rows.data(), values.data(), nullptr, nullptr, 3},
      {"sink_order is 1, but sink is NULL", rows.data(), values.data(), nullptr, nullptr, 0, 1},
      {"sink_queries is -1", nullptr, nullptr, nullptr, Nothing, -1},
      {"sink_order is 2", nullptr, nullptr, nullptr, Nothing, 0, 2},
      {"sink_order is -1", nullptr, nullptr, nullptr, Nothing, 0, -1},
      {"sink_reserved is 1, must be 0", nullptr, nullptr, nullptr, Nothing, 0, 0, 1},
  };
  for (const BadCall& call : calls) {
    residual_knn_search_options options = SearchOptions();
    options.sink = call.sink;
    options.sink_queries = call.sink_queries;
    options.sink_order = call.sink_order;
    options.sink_reserved = call.sink_reserved;
    options.conditional_variances = call.variances;
    if (call.variances != nullptr) options.selection = RESIDUAL_KNN_SELECT_CONDITIONAL;
    const residual_knn_status status = residual_knn_neighbors(
        created.index.get(), nullptr, 30, &options, 2, call.neighbors, call.distances, nullptr);
    if (status != RESIDUAL_KNN_ERROR_INVALID_ARGUMENT ||
        std::string(residual_knn_last_error()).find(call.text) == std::string::npos) {
      return Fail(std::string(call.text) + ": " + residual_knn_last_error());
    }
  }
  return true;
}

// Functions without a sink say so.
bool OtherFunctionsRefuse(const TestRun& run) {
  Random random(run.seed);
  const Model model = PlainModel(random, 30, 5);
  const CreatedIndex created = CreateIndex(model);
  const residual_knn_index* index = created.index.get();
  residual_knn_search_options options = SearchOptions();
  options.sink = Nothing;
  std::vector<int64_t> rows(60);
  std::vector<int64_t> offsets = {0, 2};
  std::vector<int64_t> found(31);
  const auto refuses = [](residual_knn_status status) {
    return (status == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT &&
            std::string(residual_knn_last_error()).find("sink must have its default") !=
                std::string::npos) ||
           Fail(residual_knn_last_error());
  };
  rows[1] = 1;
  return refuses(residual_knn_neighbors_above(index, nullptr, 30, &options, 0.5, 0, found.data(),
                                              nullptr, nullptr, nullptr)) &&
         refuses(residual_knn_group_neighbors(index, offsets.data(), 1, rows.data(), &options, 2,
                                              found.data(), nullptr, nullptr));
}

// Without queries there is nothing to deliver.
bool NoQueriesHold(const TestRun& run) {
  Random random(run.seed);
  const CreatedIndex created = CreateIndex(PlainModel(random, 30, 5));
  Question question;
  question.k = 3;
  const SinkAnswer got = AskSink(created.index.get(), question, {}, {});
  return (got.answer.status == RESIDUAL_KNN_OK && got.deliveries == 0) || Fail("no queries");
}

void TestQuestions(void** state) {
  assert_true(SeedsHold(*static_cast<const TestRun*>(*state), kUsualCases, QuestionHolds));
}
void TestEntrances(void** state) {
  assert_true(SeedsHold(*static_cast<const TestRun*>(*state), kUsualCases, EntranceHolds));
}
void TestManySections(void** state) {
  assert_true(SectionsHold(*static_cast<const TestRun*>(*state)));
}
void TestCancelling(void** state) {
  assert_true(CancelHolds(*static_cast<const TestRun*>(*state)));
}
void TestNestedCalls(void** state) {
  assert_true(NestedCallsHold(*static_cast<const TestRun*>(*state)));
}
void TestBadOptions(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(BadOptionsAreRefused(run));
  assert_true(OtherFunctionsRefuse(run));
  assert_true(NoQueriesHold(run));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestQuestions, &run),
      cmocka_unit_test_prestate(TestEntrances, &run),
      cmocka_unit_test_prestate(TestManySections, &run),
      cmocka_unit_test_prestate(TestCancelling, &run),
      cmocka_unit_test_prestate(TestNestedCalls, &run),
      cmocka_unit_test_prestate(TestBadOptions, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
