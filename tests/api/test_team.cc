// An index that a team has made together is the index that one process makes, and its searches give the same answers. The
// processes of the teams here are threads; tests/mpi has processes.
#include <algorithm>
#include <barrier>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "c_api/team.h"
#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualModels = 30;
constexpr int32_t kNeighbors = 6;

// Threads that talk as processes do.
class ThreadTeam {
 public:
  explicit ThreadTeam(int size)
      : numbers_(static_cast<size_t>(size)), parts_(static_cast<size_t>(size)), barrier_(size) {
    for (int rank = 0; rank < size; ++rank) members_.push_back({this, rank});
    for (int rank = 0; rank < size; ++rank) {
      teams_.push_back({rank, size, &members_[static_cast<size_t>(rank)], Share, Exchange});
    }
  }

  // Calls work(team) on a thread for each member.
  void Run(const std::function<void(const residual_knn_team&)>& work) {
    std::vector<std::jthread> threads;
    for (const residual_knn_team& team : teams_)
      threads.emplace_back([&work, &team] { work(team); });
  }

  // From now on, every exchange fails.
  void FailAll(residual_knn_status status) { status_ = status; }
  [[nodiscard]] int64_t exchanged_bytes() const { return exchanged_bytes_; }

 private:
  struct Member {
    ThreadTeam* team;
    int rank;
  };

  static residual_knn_status Share(void* user, int64_t number, int64_t* numbers) {
    const auto& member = *static_cast<Member*>(user);
    ThreadTeam& team = *member.team;
    if (team.status_ != RESIDUAL_KNN_OK) return team.status_;
    team.numbers_[static_cast<size_t>(member.rank)] = number;
    team.barrier_.arrive_and_wait();
    std::copy(team.numbers_.begin(), team.numbers_.end(), numbers);
    team.barrier_.arrive_and_wait();
    return RESIDUAL_KNN_OK;
  }

  static residual_knn_status Exchange(void* user, unsigned char* const* data,
                                      const int64_t* bytes) {
    const auto& member = *static_cast<Member*>(user);
    ThreadTeam& team = *member.team;
    if (team.status_ != RESIDUAL_KNN_OK) return team.status_;
    team.parts_[static_cast<size_t>(member.rank)] = data[member.rank];
    team.barrier_.arrive_and_wait();
    for (size_t r = 0; r < team.parts_.size(); ++r) {
      if (static_cast<int>(r) != member.rank && bytes[r] > 0) {
        std::memcpy(data[r], team.parts_[r], static_cast<size_t>(bytes[r]));
      }
      if (member.rank == 0) team.exchanged_bytes_ += bytes[r];
    }
    team.barrier_.arrive_and_wait();
    return RESIDUAL_KNN_OK;
  }

  std::vector<int64_t> numbers_;
  std::vector<unsigned char*> parts_;
  std::barrier<> barrier_;
  std::vector<Member> members_;
  std::vector<residual_knn_team> teams_;
  int64_t exchanged_bytes_ = 0;
  residual_knn_status status_ = RESIDUAL_KNN_OK;
};

CreatedIndex CreateTogether(const Model& model, int32_t threads, const residual_knn_team& team) {
  const residual_knn_model_options options = ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, threads);
  residual_knn_index* index = nullptr;
  CreatedIndex created;
  created.status = residual_knn_team_index_create(
      model.points.values.data(), model.points.n, model.points.d, model.kernel.lengthscales.data(),
      std::ssize(model.kernel.lengthscales),
      model.inducing.n == 0 ? nullptr : model.inducing.values.data(), model.inducing.n, &options,
      &team, &index);
  created.index.reset(index);
  return created;
}

struct Prepared {
  residual_knn_status status = RESIDUAL_KNN_ERROR_INTERNAL;
  int32_t strategy = RESIDUAL_KNN_AUTOMATIC;
  int32_t reason = RESIDUAL_KNN_REASON_REQUESTED;
  std::vector<int64_t> order;
  std::vector<unsigned char> begins;
};

Prepared PrepareTogether(const residual_knn_index* index, const Question& question,
                         const Manner& manner, const residual_knn_team& team) {
  const residual_knn_search_options options = SearchOptions(manner);
  Prepared prepared;
  prepared.order.assign(static_cast<size_t>(question.count()), -1);
  prepared.begins.assign(prepared.order.size(), 2);
  const residual_knn_team_question asked{
      question.all_rows || question.kind == QueryKind::kNewPoints ? nullptr : question.rows.data(),
      question.kind == QueryKind::kNewPoints ? question.queries.values.data() : nullptr,
      question.count(), question.kind == QueryKind::kPredecessors ? 1 : 0, question.k};
  prepared.status =
      residual_knn_team_prepare(index, &asked, &options, &team, &prepared.strategy,
                                &prepared.reason, prepared.order.data(), prepared.begins.data());
  return prepared;
}

bool IsPermutation(std::vector<int64_t> order) {
  std::sort(order.begin(), order.end());
  for (size_t i = 0; i < order.size(); ++i) {
    if (order[i] != static_cast<int64_t>(i)) return false;
  }
  return true;
}

struct Seen {
  std::string problem;
  Prepared prepared;
};

// What one process of the team does; compares with the answers of one process alone.
Seen Work(const Model& model, const CreatedIndex& alone, const Question& question,
          const Manner& manner, const Answer& expected, const residual_knn_team& team) {
  Seen seen;
  const CreatedIndex made = CreateTogether(model, 1 + team.rank % 2, team);
  if (made.status != alone.status) seen.problem = "the statuses differ";
  if (!seen.problem.empty() || made.status != RESIDUAL_KNN_OK) return seen;
  if (!FactorOf(made.index.get()).SameAs(FactorOf(alone.index.get()))) seen.problem = "V or p";
  seen.prepared = PrepareTogether(made.index.get(), question, manner, team);
  if (seen.prepared.status != RESIDUAL_KNN_OK) seen.problem = residual_knn_last_error();
  if (!IsPermutation(seen.prepared.order)) seen.problem = "the order is no permutation";
  Manner own = manner;
  own.strategy = seen.prepared.strategy;
  if (!Ask(made.index.get(), question, own).SameAs(expected)) seen.problem = "the answer";
  return seen;
}

bool SameAsAlone(uint64_t seed) {
  Random random(seed);
  RandomModel drawn = DrawModel(random, {6000, 4, 40});
  drawn.model.factor_storage =
      random.Chance(0.7) ? RESIDUAL_KNN_FACTOR_COMPUTED : RESIDUAL_KNN_FACTOR_AUTOMATIC;
  const auto kind = static_cast<QueryKind>(random.Integer(0, 2));
  Question question = AllRows(kind == QueryKind::kNewPoints ? QueryKind::kNeighbors : kind,
                              drawn.model.points.n, kNeighbors);
  if (kind == QueryKind::kNewPoints) {
    question = {};
    question.kind = kind;
    question.k = kNeighbors;
    question.queries = RandomPoints(random, drawn.shape, 200, drawn.model.points.d);
    for (double& value : question.queries.values) value += drawn.offset;
  }
  Manner manner;
  manner.strategy = kAllStrategies[random.Integer(0, 5)];
  const CreatedIndex alone = CreateIndex(drawn.model);
  Answer expected;
  if (alone.status == RESIDUAL_KNN_OK) expected = Ask(alone.index.get(), question, manner);
  const int size = static_cast<int>(random.Integer(1, 4));
  ThreadTeam team(size);
  std::vector<Seen> seen(static_cast<size_t>(size));
  team.Run([&](const residual_knn_team& member) {
    seen[static_cast<size_t>(member.rank)] =
        Work(drawn.model, alone, question, manner, expected, member);
  });
  const std::string what = drawn.description + ", " + std::to_string(size) + " processes, " +
                           residual_knn_strategy_name(manner.strategy);
  for (const Seen& one : seen) {
    if (!one.problem.empty()) return Fail(seed, what + ": " + one.problem);
    if (one.prepared.order != seen[0].prepared.order ||
        one.prepared.begins != seen[0].prepared.begins ||
        one.prepared.strategy != seen[0].prepared.strategy ||
        one.prepared.reason != seen[0].prepared.reason) {
      return Fail(seed, what + ": the plans differ");
    }
  }
  return true;
}

void TestSameAsAlone(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(SeedsHold(run, kUsualModels, SameAsAlone));
}

// Of n points, the processes exchange |V|^2; then the blocks of the trees.
void TestTreesAreExchanged(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const int64_t n = 20'000;
  Model model = PlainModel(random, n, 30);
  model.kernel.lengthscales = {0.5};
  model.factor_storage = RESIDUAL_KNN_FACTOR_COMPUTED;
  ThreadTeam team(3);
  std::vector<int64_t> bytes(3);
  int64_t of_p = 0;
  team.Run([&](const residual_knn_team& member) {
    const CreatedIndex made = CreateTogether(model, 1, member);
    if (member.rank == 0) of_p = team.exchanged_bytes();
    Manner manner;
    manner.strategy = RESIDUAL_KNN_DUAL_TREE;
    const Question question = AllRows(QueryKind::kPredecessors, n, kNeighbors);
    const Prepared prepared = PrepareTogether(made.index.get(), question, manner, member);
    const int64_t before = InfoOf(made.index.get()).bytes;
    // The trees are there: a search builds none.
    const Answer answer = Ask(made.index.get(), question, manner);
    const bool good = prepared.status == RESIDUAL_KNN_OK && answer.status == RESIDUAL_KNN_OK &&
                      answer.statistics.tree_seconds < 0.01;
    bytes[static_cast<size_t>(member.rank)] = good ? before : 0;
  });
  assert_true(bytes[0] > 0);
  assert_true(bytes[0] == bytes[1] && bytes[0] == bytes[2]);
  assert_int_equal(of_p, n * 8);
  assert_true(team.exchanged_bytes() > of_p);
}

// What each of two processes says if the last one has another index.
std::vector<std::string> Comparison(const Model& model, const Model& other) {
  ThreadTeam team(2);
  std::vector<std::string> errors(2);
  team.Run([&](const residual_knn_team& member) {
    const CreatedIndex made = CreateIndex(member.rank == 0 ? model : other);
    const residual_knn_status status = residual_knn_team_compare_indexes(made.index.get(), &member);
    if (status != RESIDUAL_KNN_OK) {
      errors[static_cast<size_t>(member.rank)] = status == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT
                                                     ? residual_knn_last_error()
                                                     : "other status";
    }
  });
  return errors;
}

void TestOtherIndexIsRefused(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const Model with_inducing = PlainModel(random, 300, 5);
  Model without = with_inducing;
  without.inducing = {0, without.points.d, {}};
  const auto require = [](const Model& model, const Model& other, const std::string& what) {
    for (const std::string& error : Comparison(model, other)) {
      assert_string_equal(error.c_str(),
                          ("residual_knn_team_compare_indexes: the index of process 1 is not that "
                           "of process 0: the " +
                           what + " differ")
                              .c_str());
    }
  };
  Model other = with_inducing;
  other.nugget = 0.25;
  require(with_inducing, other, "residual variances");
  other = with_inducing;
  other.inducing.values[0] += 0x1p-20;
  require(with_inducing, other, "residual variances");
  // Without inducing points, every p is the variance.
  other = without;
  other.points.values[7] += 0x1p-30;
  require(without, other, "points or the lengthscales");
  other = without;
  other.kernel.family = without.kernel.family == RESIDUAL_KNN_MATERN12 ? RESIDUAL_KNN_MATERN32
                                                                       : RESIDUAL_KNN_MATERN12;
  require(without, other, "kernels");
  for (const std::string& error : Comparison(without, without))
    assert_string_equal(error.c_str(), "");
  ThreadTeam team(1);
  team.Run([](const residual_knn_team& member) {
    assert_int_equal(residual_knn_team_compare_indexes(nullptr, &member),
                     RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
  });
}

void TestFailureOfOthers(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  Model model = PlainModel(random, 300, 5);
  model.factor_storage = RESIDUAL_KNN_FACTOR_COMPUTED;
  ThreadTeam team(2);
  team.FailAll(RESIDUAL_KNN_ERROR_CANCELLED);
  std::vector<residual_knn_status> statuses(2);
  team.Run([&](const residual_knn_team& member) {
    statuses[static_cast<size_t>(member.rank)] = CreateTogether(model, 1, member).status;
  });
  assert_int_equal(statuses[0], RESIDUAL_KNN_ERROR_CANCELLED);
  assert_int_equal(statuses[1], RESIDUAL_KNN_ERROR_CANCELLED);
}

// Points of which some are far from all others, and so uncorrelated with them.
Model ModelWithLonelyPoints(Random& random, int64_t n) {
  Model model = PlainModel(random, n, 5);
  model.kernel.lengthscales = {0.1};
  for (int64_t i = 0; i < n; i += 50) {
    model.points.values[static_cast<size_t>(i * model.points.d)] = 100 + static_cast<double>(i);
  }
  return model;
}

struct PartAnswer {
  Answer answer;
  std::vector<unsigned char> left;
};

PartAnswer SearchPart(const residual_knn_index* index, const Question& question,
                      const Manner& manner) {
  const residual_knn_search_options options = SearchOptions(manner);
  const bool new_points = question.kind == QueryKind::kNewPoints;
  const residual_knn_team_question part{
      nullptr, new_points ? question.queries.values.data() : nullptr, question.count(),
      question.kind == QueryKind::kPredecessors ? 1 : 0, question.k};
  PartAnswer found;
  const auto places = static_cast<size_t>(question.count() * question.k);
  found.answer.neighbors.assign(places, -7);
  found.answer.distances.assign(places, -7);
  found.left.assign(static_cast<size_t>(question.count()), 2);
  residual_knn_statistics_init(&found.answer.statistics, sizeof found.answer.statistics);
  found.answer.status = residual_knn_team_search(
      index, &part, &options, found.answer.neighbors.data(), found.answer.distances.data(),
      &found.answer.statistics, found.left.data());
  return found;
}

// Queries that a descent leaves to brute force are marked, and only they are not answered.
void TestLeftQueries(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const int64_t n = 4000;
  const Model model = ModelWithLonelyPoints(random, n);
  const CreatedIndex index = CreateIndex(model);
  for (const QueryKind kind :
       {QueryKind::kNeighbors, QueryKind::kPredecessors, QueryKind::kNewPoints}) {
    Question question = AllRows(kind, n, kNeighbors);
    if (kind == QueryKind::kNewPoints) {
      question = {};
      question.kind = kind;
      question.k = kNeighbors;
      question.queries = model.points;
    }
    Manner manner;
    manner.strategy = RESIDUAL_KNN_DUAL_TREE;
    const Answer whole = Ask(index.index.get(), question, manner);
    const PartAnswer part = SearchPart(index.index.get(), question, manner);
    assert_int_equal(part.answer.status, RESIDUAL_KNN_OK);
    int64_t left_pairs = 0;
    int64_t left = 0;
    for (int64_t i = 0; i < n; ++i) {
      const unsigned char mark = part.left[static_cast<size_t>(i)];
      assert_true(mark <= 1);
      left += mark;
      if (mark == 1) {
        left_pairs += kind == QueryKind::kPredecessors ? i
                      : kind == QueryKind::kNeighbors  ? n - 1
                                                       : n;
        continue;
      }
      for (int64_t place = i * kNeighbors; place < (i + 1) * kNeighbors; ++place) {
        const auto at = static_cast<size_t>(place);
        assert_int_equal(part.answer.neighbors[at], whole.neighbors[at]);
        assert_true(part.answer.distances[at] == whole.distances[at]);
      }
    }
    assert_true(left >= n / 60 && left < n / 2);
    assert_int_equal(part.answer.statistics.pairs, whole.statistics.pairs - left_pairs);
    manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
    const PartAnswer scanned = SearchPart(index.index.get(), question, manner);
    assert_true(scanned.answer.neighbors == whole.neighbors);
    assert_int_equal(std::count(scanned.left.begin(), scanned.left.end(), 0), n);
  }
}

void TestRefusals(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Random random(run.seed);
  const Model model = PlainModel(random, 50, 3);
  const residual_knn_team wrong{2, 2, nullptr, nullptr, nullptr};
  assert_int_equal(CreateTogether(model, 1, wrong).status, RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
  residual_knn_team_set_error("residual_knn_mpi_neighbors", "told");
  assert_string_equal(residual_knn_last_error(), "residual_knn_mpi_neighbors: told");
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestSameAsAlone, &run),
      cmocka_unit_test_prestate(TestTreesAreExchanged, &run),
      cmocka_unit_test_prestate(TestOtherIndexIsRefused, &run),
      cmocka_unit_test_prestate(TestFailureOfOthers, &run),
      cmocka_unit_test_prestate(TestLeftQueries, &run),
      cmocka_unit_test_prestate(TestRefusals, &run),
  };
  return cmocka_run_group_tests_name("team", tests, nullptr, nullptr);
}
