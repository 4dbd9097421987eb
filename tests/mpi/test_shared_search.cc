// Searches that processes share have the bytes of searches by one process, and what fails on one process fails on all.
// Run it by mpirun: every process runs the same cases.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "residual_knn_mpi.h"
#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/test_run.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualCases = 40;

int rank = 0;
int size = 1;

// Ends all processes: the others may wait for this one.
void Require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "process %d of %d: %s; last error: %s\n", rank, size, what.c_str(),
               residual_knn_last_error());
  MPI_Abort(MPI_COMM_WORLD, 1);
}

std::string LastError() { return residual_knn_last_error(); }

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

CreatedIndex CreateShared(const Model& model, int32_t threads = 1, MPI_Comm comm = MPI_COMM_WORLD) {
  const residual_knn_model_options options = ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, threads);
  residual_knn_index* index = nullptr;
  CreatedIndex created;
  created.status = residual_knn_mpi_index_create(
      comm, model.points.values.data(), model.points.n, model.points.d,
      model.kernel.lengthscales.data(), std::ssize(model.kernel.lengthscales),
      model.inducing.n == 0 ? nullptr : model.inducing.values.data(), model.inducing.n, &options,
      &index);
  created.index.reset(index);
  return created;
}

// The answer of a shared search, point-major; with RESIDUAL_KNN_MPI_PART, that of the queries of this process.
struct Shared {
  residual_knn_status status = RESIDUAL_KNN_ERROR_INTERNAL;
  int64_t first = 0;
  int64_t count = 0;
  std::vector<int64_t> neighbors;
  std::vector<double> distances;
  std::vector<double> variances;
  residual_knn_statistics statistics{};
};

Shared AskShared(const residual_knn_index* index, const Question& question, const Manner& manner,
                 int32_t results, residual_knn_progress progress = nullptr) {
  Shared shared;
  shared.count = question.count();
  if (results == RESIDUAL_KNN_MPI_PART) {
    Require(residual_knn_mpi_part(question.count(), size, rank, &shared.first, &shared.count) ==
                RESIDUAL_KNN_OK,
            "part");
  }
  const auto places = static_cast<size_t>(shared.count * question.k);
  shared.neighbors.assign(places + 1, -7);
  shared.distances.assign(places + 1, -7);
  residual_knn_search_options options = SearchOptions(manner);
  options.progress = progress;
  const bool selects = manner.selection == RESIDUAL_KNN_SELECT_CONDITIONAL;
  if (selects) {
    shared.variances.assign(places + 1, -7);
    options.conditional_variances = shared.variances.data();
  }
  if (manner.lists != nullptr) {
    options.candidate_offsets = manner.lists->offsets.data();
    options.candidate_rows = manner.lists->rows.data();
  }
  std::vector<int64_t> start;
  if (manner.start != nullptr) {
    start = ToLayout(manner.start->rows, question.count(), manner.start->k, manner.layout);
    options.start_k = manner.start->k;
    options.start = start.data();
  }
  residual_knn_statistics_init(&shared.statistics, sizeof shared.statistics);
  if (question.kind == QueryKind::kNewPoints) {
    const std::vector<double> points =
        ToLayout(question.queries.values, question.queries.n, question.queries.d, manner.layout);
    shared.status = residual_knn_mpi_neighbors_of_new_points(
        MPI_COMM_WORLD, results, index, points.data(), question.count(), &options, question.k,
        shared.neighbors.data(), shared.distances.data(), &shared.statistics);
  } else {
    const auto search = question.kind == QueryKind::kPredecessors ? residual_knn_mpi_predecessors
                                                                  : residual_knn_mpi_neighbors;
    shared.status =
        search(MPI_COMM_WORLD, results, index, question.all_rows ? nullptr : question.rows.data(),
               question.count(), &options, question.k, shared.neighbors.data(),
               shared.distances.data(), &shared.statistics);
  }
  const auto finish = [&](auto* values) {
    if (values->empty()) return;
    Require(values->back() == -7, "a write beyond the results");
    values->pop_back();
    *values = FromLayout(*values, shared.count, question.k, manner.layout);
  };
  finish(&shared.neighbors);
  finish(&shared.distances);
  finish(&shared.variances);
  return shared;
}

template <class T>
bool SamePart(const std::vector<T>& whole, const std::vector<T>& part, int64_t first, int64_t count,
              int32_t k) {
  if (part.empty()) return true;
  return std::memcmp(whole.data() + first * k, part.data(),
                     static_cast<size_t>(count * k) * sizeof(T)) == 0;
}

// Lists of some random rows for each query.
CandidateRows DrawLists(Random& random, int64_t n, int64_t queries) {
  CandidateRows lists;
  lists.offsets.push_back(0);
  for (int64_t i = 0; i < queries; ++i) {
    const int64_t count = random.Integer(0, 12);
    for (int64_t j = 0; j < count; ++j) lists.rows.push_back(random.Integer(0, n - 1));
    lists.offsets.push_back(std::ssize(lists.rows));
  }
  if (lists.rows.empty()) lists.rows.push_back(-1);
  return lists;
}

void CheckCase(uint64_t seed) {
  Random random(seed);
  RandomModel drawn = DrawModel(random, {random.Chance(0.3) ? 9000 : 900, 5, 30});
  Model& model = drawn.model;
  const int64_t n = model.points.n;
  const CreatedIndex alone = CreateIndex(model);
  const CreatedIndex made = CreateShared(model, 1 + (rank + static_cast<int>(seed)) % 2);
  const std::string what =
      "seed " + std::to_string(seed) + ", " + std::to_string(size) + " processes: ";
  Require(made.status == alone.status, what + "the status of the index");
  if (made.status != RESIDUAL_KNN_OK) return;
  Require(FactorOf(made.index.get()).SameAs(FactorOf(alone.index.get())), what + "V or p");
  for (int i = 0; i < 4; ++i) {
    Question question = random.Chance(0.5) ? DrawQuestion(random, drawn)
                                           : AllRows(random.Chance(0.5) ? QueryKind::kPredecessors
                                                                        : QueryKind::kNeighbors,
                                                     n, static_cast<int32_t>(random.Integer(1, 9)));
    Manner manner;
    manner.layout = random.Chance(0.5) ? RESIDUAL_KNN_POINT_MAJOR : RESIDUAL_KNN_DIMENSION_MAJOR;
    manner.strategy = kAllStrategies[random.Integer(0, 5)];
    manner.threads = 1 + rank % 2;
    if (random.Chance(0.2)) manner.ranking = static_cast<int32_t>(random.Integer(1, 2));
    if (manner.ranking == RESIDUAL_KNN_ABSOLUTE && n < 2000 && random.Chance(0.3)) {
      manner.selection = RESIDUAL_KNN_SELECT_CONDITIONAL;
    }
    CandidateRows lists;
    StartRows start;
    if (random.Chance(0.2)) {
      lists = DrawLists(random, n, question.count());
      manner.lists = &lists;
    } else if (random.Chance(0.3)) {
      start.k = 2 * question.k;
      for (int64_t j = 0; j < question.count() * start.k; ++j) {
        start.rows.push_back(random.Integer(-1, n - 1));
      }
      manner.start = &start;
    }
    const Answer expected = Ask(alone.index.get(), question, manner);
    for (const int32_t results : {RESIDUAL_KNN_MPI_ALL, RESIDUAL_KNN_MPI_PART}) {
      const Shared shared = AskShared(made.index.get(), question, manner, results);
      const std::string how = what + Describe(question) + ", " + Describe(manner) + ", results " +
                              std::to_string(results) + (manner.lists != nullptr ? ", lists" : "") +
                              (manner.start != nullptr ? ", start" : "");
      Require(shared.status == expected.status, how + ": the status");
      if (shared.status != RESIDUAL_KNN_OK) continue;
      Require(
          SamePart(expected.neighbors, shared.neighbors, shared.first, shared.count, question.k),
          how + ": neighbors");
      Require(
          SamePart(expected.distances, shared.distances, shared.first, shared.count, question.k),
          how + ": distances");
      Require(
          SamePart(expected.variances, shared.variances, shared.first, shared.count, question.k),
          how + ": variances");
      Require(shared.statistics.queries == expected.statistics.queries, how + ": queries");
      if (manner.lists == nullptr) {
        Require(shared.statistics.pairs == expected.statistics.pairs, how + ": pairs");
      }
      Require(shared.statistics.uninformative_queries == expected.statistics.uninformative_queries,
              how + ": uninformative queries");
    }
  }
}

void TestEmptyQuestion(const residual_knn_index* index) {
  Question question;
  question.kind = QueryKind::kPredecessors;
  question.k = 3;
  for (const int32_t results : {RESIDUAL_KNN_MPI_ALL, RESIDUAL_KNN_MPI_PART}) {
    Require(AskShared(index, question, {}, results).status == RESIDUAL_KNN_OK, "no queries");
  }
}

// If the last process does something else than the others, it is an error on all.
void TestDisagreements(const Model& model, const residual_knn_index* index) {
  if (size == 1) return;
  const bool last = rank == size - 1;
  const std::string who = "processes 0 and " + std::to_string(size - 1) + " disagree: ";
  const auto refuses = [&](const Model& given, const std::string& text) {
    const CreatedIndex made = CreateShared(given);
    Require(made.status == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT && made.index == nullptr,
            text + ": accepted");
    Require(LastError() == "residual_knn_mpi_index_create: " + who + text, text);
  };
  Model other = model;
  if (last) other.points.values[3] = -other.points.values[3] - 1;
  refuses(other, "the points differ");
  other = model;
  if (last) other.inducing.values[0] += 0x1p-30;
  refuses(other, "the inducing points differ");
  other = model;
  if (last) other.kernel.lengthscales[0] *= 2;
  refuses(other, "the lengthscales differ");
  other = model;
  if (last) other.nugget += 0.5;
  refuses(other, "the model options differ");
  Question question = AllRows(QueryKind::kPredecessors, model.points.n, 5);
  if (last) {
    question.all_rows = false;
    question.rows[7] = 0;
  }
  Shared shared = AskShared(index, question, {}, RESIDUAL_KNN_MPI_ALL);
  Require(shared.status == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "other rows");
  Require(LastError() ==
              "residual_knn_mpi_predecessors: " + who + "the queries or the search options differ",
          "other rows");
  question = AllRows(QueryKind::kPredecessors, model.points.n, 5);
  other = model;
  if (last) other.nugget += 0.5;
  const CreatedIndex own = CreateIndex(other);
  shared = AskShared(own.index.get(), question, {}, RESIDUAL_KNN_MPI_ALL);
  Require(shared.status == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "another index");
  const std::string not_same =
      "the index of process " + std::to_string(size - 1) + " is not that of process 0";
  Require(Contains(LastError(), not_same), "another index");
  // A search of lists builds no trees. Without inducing points, p does not tell points apart.
  other = model;
  other.inducing = {0, model.points.d, {}};
  if (last) other.points.values[0] += 0x1p-30;
  const CreatedIndex other_points = CreateIndex(other);
  CandidateRows candidates;
  candidates.offsets.assign(question.rows.size() + 1, 0);
  candidates.offsets.back() = 1;
  candidates.rows = {3};
  Manner lists;
  lists.lists = &candidates;
  shared = AskShared(other_points.index.get(), question, lists, RESIDUAL_KNN_MPI_ALL);
  Require(shared.status == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "lists, another index");
  Require(Contains(LastError(), not_same), "lists, another index");
  if (last) candidates.rows[0] = 1;
  shared = AskShared(index, question, lists, RESIDUAL_KNN_MPI_ALL);
  Require(shared.status == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "other lists");
  Require(Contains(LastError(), "the queries or the search options differ"), "other lists");
}

// A wrong argument on one process is an error on all.
void TestFailureOfOne(const Model& model, const residual_knn_index* index) {
  const bool last = rank == size - 1;
  const std::string who = size == 1 || last ? ""
                                            : "process " + std::to_string(size - 1) + " of " +
                                                  std::to_string(size) + " failed: ";
  const residual_knn_model_options options = ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, 1);
  residual_knn_index* made = nullptr;
  const auto create = [&](residual_knn_index** out) {
    return residual_knn_mpi_index_create(
        MPI_COMM_WORLD, model.points.values.data(), model.points.n, model.points.d,
        model.kernel.lengthscales.data(), std::ssize(model.kernel.lengthscales),
        model.inducing.values.data(), model.inducing.n, &options, out);
  };
  Require(create(last ? nullptr : &made) == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "index NULL");
  Require(made == nullptr, "index NULL: an index");
  Require(LastError() == "residual_knn_mpi_index_create: " + who + "index is NULL", "index NULL");
  const Question question = AllRows(QueryKind::kPredecessors, model.points.n, 5);
  const Shared shared = AskShared(last ? nullptr : index, question, {}, RESIDUAL_KNN_MPI_ALL);
  Require(shared.status == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "index of search NULL");
  Require(LastError() == "residual_knn_mpi_predecessors: " + who + "index is NULL",
          "index of search NULL");
  // And afterwards all goes on.
  Require(AskShared(index, question, {}, RESIDUAL_KNN_MPI_PART).status == RESIDUAL_KNN_OK,
          "after a failure");
}

int32_t CancelSoon(void* /*user*/, int64_t done, int64_t /*total*/) { return done > 0 ? 1 : 0; }
int32_t CancelAtOnce(void* /*user*/, int64_t /*done*/, int64_t /*total*/) { return 1; }

void TestCancel(const Model& model, const residual_knn_index* index) {
  const Question question = AllRows(QueryKind::kPredecessors, model.points.n, 5);
  for (const int canceller : {0, size - 1}) {
    for (const residual_knn_progress progress : {CancelAtOnce, CancelSoon}) {
      const Shared shared = AskShared(index, question, {}, RESIDUAL_KNN_MPI_ALL,
                                      rank == canceller ? progress : nullptr);
      if (progress == CancelSoon && shared.status == RESIDUAL_KNN_OK) continue;
      Require(shared.status == RESIDUAL_KNN_ERROR_CANCELLED, "cancelled");
      const bool names = Contains(LastError(), "process " + std::to_string(canceller) + " of ");
      Require(names == (rank != canceller), "cancelled: the text");
    }
  }
}

int32_t TakeNothing(void* /*user*/, const residual_knn_batch* /*batch*/) { return 0; }

void TestRefusals(const Model& model, const residual_knn_index* index) {
  Question question = AllRows(QueryKind::kNeighbors, model.points.n, 5);
  Require(AskShared(index, question, {}, 7).status == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT,
          "results 7");
  Require(Contains(LastError(), "results is 7"), "results 7");
  question.all_rows = false;
  question.rows[2] = model.points.n;
  Require(AskShared(index, question, {}, 0).status == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT,
          "a row that is too large");
  Require(Contains(LastError(), "rows[2] is "), "a row that is too large");
  residual_knn_search_options with_sink = SearchOptions();
  with_sink.sink = TakeNothing;
  std::vector<int64_t> unused(static_cast<size_t>(model.points.n));
  Require(residual_knn_mpi_neighbors(MPI_COMM_WORLD, 0, index, nullptr, model.points.n, &with_sink,
                                     1, unused.data(), nullptr,
                                     nullptr) == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT,
          "a sink");
  Require(Contains(LastError(), "sink must be NULL"), "a sink");
  int64_t first = 0;
  int64_t count = 0;
  Require(residual_knn_mpi_part(-1, 2, 0, &first, &count) != RESIDUAL_KNN_OK, "part of -1");
  Require(residual_knn_mpi_part(5, 0, 0, &first, &count) != RESIDUAL_KNN_OK, "part of 0");
  Require(residual_knn_mpi_part(5, 2, 2, &first, &count) != RESIDUAL_KNN_OK, "part 2 of 2");
  Require(residual_knn_mpi_part(5, 2, 1, nullptr, &count) != RESIDUAL_KNN_OK, "part NULL");
  Require(residual_knn_mpi_part(5, 2, 1, &first, &count) == RESIDUAL_KNN_OK, "part");
  Require(first == 3 && count == 2, "part 1 of 2");
  residual_knn_index* made = nullptr;
  Require(residual_knn_mpi_index_create(MPI_COMM_NULL, nullptr, 0, 0, nullptr, 0, nullptr, 0,
                                        nullptr, &made) == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT,
          "no communicator");
  Require(residual_knn_mpi_index_create(MPI_COMM_WORLD, nullptr, 10, 2, nullptr, 1, nullptr, 0,
                                        nullptr, &made) == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT,
          "points NULL");
  Require(LastError() == "residual_knn_mpi_index_create: points is NULL", "points NULL");
}

// A communicator of some of the processes, in another order.
void TestOtherCommunicator(const Model& model) {
  if (size < 3) return;
  MPI_Comm comm = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, rank == 1 ? MPI_UNDEFINED : 0, -rank, &comm);
  if (comm == MPI_COMM_NULL) return;
  const CreatedIndex made = CreateShared(model, 1, comm);
  Require(made.status == RESIDUAL_KNN_OK, "another communicator");
  std::vector<int64_t> neighbors(static_cast<size_t>(model.points.n * 4));
  Require(residual_knn_mpi_neighbors(comm, RESIDUAL_KNN_MPI_ALL, made.index.get(), nullptr,
                                     model.points.n, nullptr, 4, neighbors.data(), nullptr,
                                     nullptr) == RESIDUAL_KNN_OK,
          "another communicator");
  const Answer expected = Ask(made.index.get(), AllRows(QueryKind::kNeighbors, model.points.n, 4));
  Require(neighbors == expected.neighbors, "another communicator: neighbors");
  MPI_Comm_free(&comm);
}

int Run(const TestRun& run) {
  for (int64_t i = 0; i < run.Cases(kUsualCases); ++i) {
    CheckCase(run.seed + static_cast<uint64_t>(i));
  }
  Random random(run.seed);
  const Model model = PlainModel(random, 12'000, 20);
  const CreatedIndex made = CreateShared(model);
  Require(made.status == RESIDUAL_KNN_OK, "an index");
  TestEmptyQuestion(made.index.get());
  TestDisagreements(model, made.index.get());
  TestFailureOfOne(model, made.index.get());
  TestCancel(model, made.index.get());
  TestRefusals(model, made.index.get());
  TestOtherCommunicator(model);
  if (rank == 0) {
    std::printf("%d processes: %lld random cases\n", size,
                static_cast<long long>(run.Cases(kUsualCases)));
  }
  return 0;
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &residual_knn_test::rank);
  MPI_Comm_size(MPI_COMM_WORLD, &residual_knn_test::size);
  const int status = residual_knn_test::Run(residual_knn_test::ParseTestRun(argc, argv));
  MPI_Finalize();
  return status;
}
