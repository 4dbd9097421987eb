// The program residual-knn-mpi: the processes of mpirun are partners.
#include <fcntl.h>
#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>

#include "mpi/agreement.h"
#include "mpi/comm_team.h"
#include "mpi/deal.h"
#include "mpi/failure.h"
#include "mpi/lot_statistics.h"
#include "mpi/lot_strategy.h"
#include "mpi/lots.h"
#include "mpi/mail.h"
#include "residual_knn_mpi.h"
#include "tools/answer_parts.h"
#include "tools/fingerprint.h"
#include "tools/lot_search.h"
#include "tools/neighbors_search.h"
#include "tools/number_text.h"
#include "tools/part_writer.h"
#include "tools/partners.h"
#include "tools/point_order.h"
#include "tools/processors.h"
#include "tools/queries.h"
#include "tools/run_fingerprint.h"
#include "tools/signal_hold.h"

namespace residual_knn::cli {
namespace {

// From BeginProcess to EndProcess.
std::unique_ptr<mpi::CommTeam> team;

constexpr size_t kDigits = 16;  // of a fingerprint

// A line with name and number for everything that all processes must have in common.
std::string DescribeInput(const NeighborsOptions& options, const Question& question) {
  std::string text;
  for (const NamedFingerprint& one : FingerprintsOf(options, question)) {
    // Process 0 chooses these for all, or uses them alone.
    const bool is_shared =
        one.name == "inducing points" || one.name == "order" || one.name == "output";
    if (!is_shared) text += Hexadecimal(one.value, kDigits) + one.name + '\n';
  }
  Fingerprint strategy;
  strategy.Add(options.strategy);
  return text + Hexadecimal(strategy.get(), kDigits) + "strategy\n";
}

// The names of the lines in which two texts of DescribeInput differ.
std::string DifferencesOf(const std::string& one, const std::string& other) {
  std::string names;
  for (size_t at = 0; at < one.size();) {
    const size_t end = one.find('\n', at);
    const std::string line = one.substr(at, end - at);
    if (other.find(line + '\n') == std::string::npos) {
      names += (names.empty() ? "" : ", ") + line.substr(kDigits);
    }
    at = end + 1;
  }
  return names;
}

void RequireSameInput(const NeighborsOptions& options, const Question& question) {
  const std::vector<std::string> inputs = team->ShareText(DescribeInput(options, question));
  for (size_t process = 1; process < inputs.size(); ++process) {
    if (inputs[process] == inputs[0]) continue;
    throw std::runtime_error("processes 0 and " + std::to_string(process) +
                             " of mpirun differ in: " + DifferencesOf(inputs[0], inputs[process]) +
                             ". Every process must read the same files with the same options");
  }
}

// How the queries of a range are shared.
struct Plan {
  NeighborsOptions options;  // of all lots
  int32_t reason = RESIDUAL_KNN_REASON_REQUESTED;
  std::vector<int64_t> order;
  std::vector<int64_t> cuts;  // of lots in `order`
  bool all_write = false;     // each process its part
};

// The rows of a search for which trees are built together: the queries, or the members of groups.
Plan MakePlan(const NeighborsOptions& options, const Question& question, const Queries& whole,
              const residual_knn_index* index) {
  Plan plan;
  plan.options = options;
  const bool has_groups = !options.groups.empty();
  const int64_t members = has_groups ? std::ssize(whole.rows) : whole.count;
  std::vector<int64_t> order(static_cast<size_t>(members));
  std::vector<unsigned char> begins(order.size(), 1);
  if (question.candidates.offsets.empty()) {
    residual_knn_search_options search;
    residual_knn_search_options_init(&search, sizeof search);
    search.ranking = options.ranking;
    search.strategy = options.strategy;
    search.threads = static_cast<int32_t>(options.threads);
    search.message_base = options.base;
    const residual_knn_team_question asked{
        whole.are_new_points ? nullptr : whole.RowNumbers(),
        whole.are_new_points ? whole.new_points.data() : nullptr, members,
        static_cast<int32_t>(options.predecessors ? 1 : 0), static_cast<int32_t>(options.k)};
    const residual_knn_status status =
        residual_knn_team_prepare(index, &asked, &search, &team->team(), &plan.options.strategy,
                                  &plan.reason, order.data(), begins.data());
    team->RethrowCaught();
    mpi::CheckStatus(status);
  } else {
    plan.reason = RESIDUAL_KNN_REASON_CANDIDATE_LISTS;
  }
  // Lists have no order. Groups have members anywhere. Messages about the weights of new points have their numbers.
  const bool in_order = plan.reason == RESIDUAL_KNN_REASON_CANDIDATE_LISTS || has_groups ||
                        (whole.are_new_points && options.HasWeights());
  if (in_order) {
    order.resize(static_cast<size_t>(whole.count));
    std::iota(order.begin(), order.end(), int64_t{0});
    begins.assign(order.size(), 1);
  }
  plan.order = std::move(order);
  int64_t threads = 1;
  const int64_t own = options.threads > 0 ? options.threads : AvailableProcessors();
  for (const int64_t of_one : team->Share(own)) threads = std::max(threads, of_one);
  plan.cuts = mpi::CutIntoLots(begins, team->size(), mpi::LeastLot(threads));
  return plan;
}

// The progress of a lot: serves the deal, and asks the bar of the run.
class LotProgress {
 public:
  LotProgress(mpi::Deal* deal, const Queries& whole, ProgressBar* run)
      : deal_(deal),
        size_(std::max<int64_t>(whole.count, 1)),
        run_(run),
        bar_(STDERR_FILENO, false) {
    bar_.StopIf([this] { return Stops(); });
  }

  [[nodiscard]] ProgressBar* bar() { return &bar_; }
  void SetDone(int64_t queries) { done_ = queries; }
  void RethrowFailure() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  bool Stops() {
    try {
      deal_->Serve();
    } catch (...) {
      // The library that calls this lets no exception pass.
      failure_ = std::current_exception();
      return true;
    }
    const residual_knn_progress report = run_->callback();
    return report != nullptr && report(run_, done_, size_) != 0;
  }

  mpi::Deal* deal_;
  int64_t size_;
  ProgressBar* run_;
  ProgressBar bar_;
  int64_t done_ = 0;
  std::exception_ptr failure_;
};

// What this process has found.
struct MyAnswers {
  std::vector<mpi::Bytes> letters;  // one, or one for each process
  residual_knn_statistics statistics{};
  int64_t jittered = 0;
  int32_t reason = RESIDUAL_KNN_REASON_REQUESTED;  // of the whole search
};

MyAnswers SearchMyLots(const Plan& plan, const Question& question, const Queries& whole,
                       const residual_knn_index* index, ProgressBar* progress) {
  mpi::Deal deal(*team, std::ssize(plan.cuts) - 1);
  mpi::LotStrategy strategy(&deal, plan.options.strategy, plan.reason);
  LotProgress lot_progress(&deal, whole, progress);
  std::optional<LotSearch> search;
  try {
    search.emplace(plan.options, question, whole, index, lot_progress.bar());
    if (plan.all_write) search->DivideAmong(team->size());
    for (int64_t lot = deal.Next(); lot != mpi::Deal::kNone; lot = deal.Next()) {
      const auto begin = static_cast<size_t>(plan.cuts[static_cast<size_t>(lot)]);
      const auto end = static_cast<size_t>(plan.cuts[static_cast<size_t>(lot) + 1]);
      lot_progress.SetDone(static_cast<int64_t>(begin));
      strategy.Learn(
          search->Search(std::span(plan.order).subspan(begin, end - begin), strategy.OfLot()));
    }
  } catch (...) {
    deal.Finish();
    lot_progress.RethrowFailure();
    throw;
  }
  deal.Finish();
  search->SearchLeft(search->left().ShareOut(*team, question.inducing.m));
  return {search->TakeLetters(), search->statistics(), search->jittered(), strategy.reason()};
}

// Every process writes its part. Process 0 learns what all have written.
std::vector<std::vector<FilePart>> WriteParts(std::vector<mpi::Bytes> letters, int64_t queries,
                                              const Question& question, PartWriter* writer) {
  AnswerParts parts(queries, false);
  for (mpi::Bytes& letter : mpi::ExchangeMail(*team, std::move(letters))) {
    parts.Add(std::move(letter));
  }
  mpi::Bytes report;
  mpi::Put(writer->Write(parts.Finish(), question), &report);
  std::vector<std::vector<FilePart>> written;
  mpi::GatherMail(*team, std::move(report), [&](const mpi::Bytes& letter) {
    written.push_back(mpi::BytesReader(letter).Take<FilePart>());
  });
  return written;
}

// All processes search a range together. Process 0 gets the answer, unless all have written it.
RangeAnswer SearchTogether(const RangeTask& task, const NeighborsOptions& options,
                           const Question& question, const residual_knn_index* index,
                           ProgressBar* progress) {
  const Queries whole = QueriesIn(task.range, options, question);
  RangeAnswer found;
  if (whole.count == 0) {
    found.answer = Search(options, question, whole, index, progress);
    return found;
  }
  Plan plan = MakePlan(options, question, whole, index);
  const QueryRange part = PartOf(task.range, team->size(), team->rank());
  PartWriter writer(task, options, part);
  const std::vector<int64_t> open = team->Share(writer.IsOpen() ? 1 : 0);
  plan.all_write = std::find(open.begin(), open.end(), 0) == open.end();
  MyAnswers mine = SearchMyLots(plan, question, whole, index, progress);
  const residual_knn_statistics statistics = mpi::SumOf(*team, mine.statistics, mine.reason);
  for (const int64_t jittered : team->Share(mine.jittered)) found.jittered += jittered;
  if (plan.all_write) {
    found.written = WriteParts(std::move(mine.letters), part.size(), question, &writer);
  } else {
    AnswerParts parts(team->rank() == 0 ? whole.count : 0, options.threshold.has_value());
    mpi::GatherMail(*team, std::move(mine.letters.front()),
                    [&](mpi::Bytes letter) { parts.Add(std::move(letter)); });
    if (team->rank() == 0) found.answer = parts.Finish();
  }
  found.answer.statistics = statistics;
  return found;
}

mpi::Bytes ToLetter(const RangeTask& task) {
  mpi::Bytes letter;
  mpi::PutOne(task.range, &letter);
  mpi::Put(task.place.query_bytes, &letter);
  for (const FilePlace& file : task.place.files) {
    mpi::Put(std::span<const char>(file.path), &letter);
    mpi::PutOne(file.end, &letter);
    mpi::PutOne(file.mark, &letter);
  }
  return letter;
}

RangeTask TaskIn(const mpi::Bytes& letter) {
  mpi::BytesReader reader(letter);
  RangeTask task;
  task.range = reader.TakeOne<QueryRange>();
  task.place.query_bytes = reader.Take<int64_t>();
  while (!reader.AtEnd()) {
    const std::vector<char> path = reader.Take<char>();
    FilePlace& file = task.place.files.emplace_back();
    file.path.assign(path.begin(), path.end());
    file.end = reader.TakeOne<int64_t>();
    file.mark = reader.TakeOne<uint64_t>();
  }
  return task;
}

}  // namespace

void BeginProcess(int argc, char** argv) {
  {
    // The threads of MPI must not take signals that are held later.
    const SignalHold hold;
    int provided = 0;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  }
  team = std::make_unique<mpi::CommTeam>(MPI_COMM_WORLD);
  if (team->rank() == 0) return;
  // Help, for example, is printed once.
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) dup2(nowhere, STDOUT_FILENO);
}

int EndProcess(int exit_code) {
  if (exit_code == 0) {
    // Asleep, until process 0 has written its files.
    try {
      team->Agree();
    } catch (const std::exception&) {
      exit_code = 1;
    }
  }
  team.reset();
  MPI_Finalize();
  return exit_code;
}

bool ReportsFailure(std::string_view message) {
  if (team->failed()) return false;
  return team->Fail(RESIDUAL_KNN_ERROR_INTERNAL, std::string(message).c_str()) == team->rank();
}

bool HasPartners() { return true; }

bool IsFirstProcess() { return team->rank() == 0; }

void BeginSharing(const NeighborsOptions& options) {
  mpi::RequireSameLibrary(*team);
  for (const std::string* input :
       {&options.points, &options.inducing_points, &options.queries, &options.groups,
        &options.new_points, &options.candidate_lists, &options.start}) {
    if (*input != "-") continue;
    throw std::runtime_error(
        "-: under mpirun, every process reads the files, and only one could read standard input");
  }
}

void ShareQuestion(const NeighborsOptions& options, Question* question) {
  RequireSameInput(options, *question);
  mpi::Bytes letter;
  mpi::PutOne(question->inducing.m, &letter);
  mpi::Put(question->inducing.values, &letter);
  mpi::Put(question->order, &letter);
  letter = mpi::LetterOfFirst(*team, std::move(letter));
  if (team->rank() == 0) return;
  mpi::BytesReader reader(letter);
  question->inducing.m = reader.TakeOne<int64_t>();
  question->inducing.values = reader.Take<double>();
  question->order = reader.Take<int64_t>();
  question->positions = InverseOrder(question->order);
}

NeighborsOptions OptionsOfFollower(const NeighborsOptions& options) {
  NeighborsOptions own = options;
  if (own.inducing_points.empty()) own.inducing = 0;
  own.order = RESIDUAL_KNN_ORDER_GIVEN;
  own.write_order.clear();
  own.write_inducing.clear();
  return own;
}

residual_knn_status CreateIndex(const double* points, int64_t n, int64_t d,
                                const std::vector<double>& lengthscales, const double* inducing,
                                int64_t m, const residual_knn_model_options& options,
                                residual_knn_index** index) {
  residual_knn_model_options own = options;
  // Each process has computed what its limit of memory leaves.
  for (const int64_t of_one : team->Share(options.max_bytes)) {
    own.max_bytes = std::min(own.max_bytes, of_one);
  }
  return residual_knn_mpi_index_create(team->comm(), points, n, d, lengthscales.data(),
                                       std::ssize(lengthscales), inducing, m, &own, index);
}

void ShareOrder(std::vector<int64_t>* order) {
  mpi::Bytes letter;
  mpi::Put(*order, &letter);
  letter = mpi::LetterOfFirst(*team, std::move(letter));
  mpi::BytesReader reader(letter);
  *order = reader.Take<int64_t>();
}

void WhileWaiting(const std::function<void()>& look) { team->SetMeanwhile(look); }

RangeAnswer SearchRange(const RangeTask& task, const NeighborsOptions& options,
                        const Question& question, const residual_knn_index* index,
                        ProgressBar* progress) {
  mpi::LetterOfFirst(*team, ToLetter(task));
  return SearchTogether(task, options, question, index, progress);
}

// An empty letter.
void EndSearches() { mpi::LetterOfFirst(*team, {}); }

void FollowSearches(const NeighborsOptions& options, const Question& question,
                    const residual_knn_index* index, ProgressBar* progress) {
  while (true) {
    const mpi::Bytes letter = mpi::LetterOfFirst(*team, {});
    if (letter.empty()) return;
    SearchTogether(TaskIn(letter), options, question, index, progress);
  }
}

}  // namespace residual_knn::cli
